import type { IssueList, ServiceHealth } from '../../api/types.ts';
import { racePath, variablePath } from '../../app/route.ts';
import { count } from '../../model/format.ts';
import type { MapNode, ServiceMap } from '../../model/service-map.ts';
import { patternTitle } from '../../model/words.ts';
import { Against } from '../../ui/against.tsx';
import { MiniInterleaving } from '../../ui/mini-interleaving.tsx';
import { Code, Name } from '../../ui/name.tsx';
import { Card } from '../../ui/page.tsx';
import { Service } from '../../ui/service.tsx';

const racesShown = 3;
const variablesShown = 8;
const minutesActive = 5;

/** One service: its neighbours, its races, and the variables that it shares. */
export function ServiceCard(props: {
  readonly node: MapNode;
  readonly map: ServiceMap;
  readonly issues: IssueList['issues'];
  readonly health: ReadonlyMap<string, ServiceHealth[number]>;
}) {
  const { node, map, issues, health } = props;
  const own = issues.filter(({ services }) =>
    services.some((name) => node.services.includes(name)),
  );
  const shared = [
    ...new Set(
      map.shares
        .filter(({ between }) => between.includes(node.name))
        .flatMap(({ variables }) => variables),
    ),
  ];
  const minutes = health.get(node.services[0] ?? '')?.minutes_since_last_activity;
  return (
    <>
      <Card
        title={<Service name={node.name} />}
        tools={
          <span class="chip">
            {minutes === undefined
              ? 'silent for a day'
              : minutes < minutesActive
                ? 'active now'
                : `silent for ${count(minutes)} min`}
          </span>
        }
      >
        <dl class="facts">
          <dt>Called by</dt>
          <dd>
            <Neighbours
              list={map.calls
                .filter(({ to }) => to === node.name)
                .map(({ from, calls }) => [from, calls])}
            />
          </dd>
          <dt>Calls</dt>
          <dd>
            <Neighbours
              list={map.calls
                .filter(({ from }) => from === node.name)
                .map(({ to, calls }) => [to, calls])}
            />
          </dd>
          <dt>Traces</dt>
          <dd>
            <a href={`traces?service=${encodeURIComponent(node.services[0] ?? '')}`}>
              {count(node.traces)}
            </a>
          </dd>
          <dt>Events a trace</dt>
          <dd>{(node.events / Math.max(1, node.traces)).toFixed(1)}</dd>
          {node.services.length > 1 && (
            <>
              <dt>Services in it</dt>
              <dd>
                <Name text={node.services.slice(0, 30).join(', ')} />
              </dd>
            </>
          )}
        </dl>
      </Card>
      {own.length > 0 && (
        <Card title="Races here" hint={count(own.length)}>
          <ul class="rows narrow">
            {own.slice(0, racesShown).map((issue) => (
              <li key={issue.fingerprint}>
                <a href={racePath(issue.fingerprint)}>
                  <b>
                    {patternTitle(issue.pattern)} <Code text={issue.variable} />
                  </b>
                  <MiniInterleaving issue={issue} />
                  <Against sites={issue.sites} />
                </a>
              </li>
            ))}
          </ul>
        </Card>
      )}
      {shared.length > 0 && (
        <Card title="Shares with others" hint={count(shared.length)}>
          <ul class="rows narrow">
            {shared.slice(0, variablesShown).map((variable) => (
              <li key={variable}>
                <a href={variablePath(variable)}>
                  <Code text={variable} />
                </a>
              </li>
            ))}
          </ul>
        </Card>
      )}
    </>
  );
}

function Neighbours({ list }: { list: readonly (readonly [string, number])[] }) {
  if (list.length === 0) return <span class="muted">nothing</span>;
  return (
    <>
      {list.slice(0, 10).map(([name, calls], place) => (
        <span key={name}>
          {place > 0 && ', '}
          <Name text={name} /> <span class="muted">{count(calls)}</span>
        </span>
      ))}
    </>
  );
}
