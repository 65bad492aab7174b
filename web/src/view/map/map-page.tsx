import { useMemo } from 'preact/hooks';
import { useResource } from '../../api/resource.ts';
import type {
  EdgeList,
  IssueList,
  ServiceHealth,
  ServiceList,
  VariableList,
} from '../../api/types.ts';
import { choose, search } from '../../app/route.ts';
import { count, counted } from '../../model/format.ts';
import { type ServiceMap, serviceMap } from '../../model/service-map.ts';
import { Clock } from '../../ui/clock.tsx';
import { Name } from '../../ui/name.tsx';
import { Card, Page } from '../../ui/page.tsx';
import { RowLinks } from '../../ui/row-links.tsx';
import { Service } from '../../ui/service.tsx';
import { Empty, Failed, Loading, Outdated } from '../../ui/states.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { MapDiagram } from './map-diagram.tsx';
import { ServiceCard } from './service-card.tsx';

const refreshMs = 30_000;
/** A day is long enough to say when somebody was last heard of. */
const activePath = 'api/services/health?time_window_minutes=1440';

/** Services: who calls whom, and who shares variables with whom. */
export function MapPage() {
  const services = useResource<ServiceList>('api/services', () => refreshMs);
  const edges = useResource<EdgeList>('api/distributed/edges', () => refreshMs);
  const variables = useResource<VariableList>('api/variables?page_size=100', () => refreshMs);
  const races = useResource<IssueList>('api/races?view=list&page_size=100', () => refreshMs);
  const health = useResource<ServiceHealth>(activePath, () => refreshMs);
  const map = useMemo(
    () =>
      services.data === null || edges.data === null
        ? null
        : serviceMap(
            services.data.services,
            edges.data.edges,
            variables.data?.variables ?? [],
            races.data?.issues ?? [],
          ),
    [services.data, edges.data, variables.data, races.data],
  );
  const failed = services.data === null ? services : edges;
  return (
    <Page title="Service map">
      <Outdated resource={services} />
      {map === null && failed.error === null && <Loading what="services" />}
      {map === null && <Failed resource={failed} />}
      {map !== null && map.nodes.length === 0 && (
        <Empty title="No service has sent anything yet">
          <p>
            <a href="./">How to begin</a>
          </p>
        </Empty>
      )}
      {map !== null && map.nodes.length > 0 && (
        <Shown
          map={map}
          issues={races.data?.issues ?? []}
          health={new Map(health.data?.map((one) => [one.name, one]))}
        />
      )}
    </Page>
  );
}

function Shown({
  map,
  issues,
  health,
}: {
  map: ServiceMap;
  issues: IssueList['issues'];
  health: ReadonlyMap<string, ServiceHealth[number]>;
}) {
  const layer = search.value.get('layer') === 'shared' ? 'shared' : 'calls';
  const wanted = search.value.get('service');
  const selected = map.nodes.find(({ name }) => name === wanted) ?? null;
  const hint =
    layer === 'calls'
      ? `${counted(map.nodes.length, 'service')}, ${counted(map.calls.length, 'edge')}; thicker is more calls`
      : `${counted(map.shares.length, 'pair')} of services; red is a race. Of the hundred variables with most races`;
  return (
    <>
      <div class="trace-columns">
        <Card
          title={layer === 'calls' ? 'Who calls whom' : 'Who shares what'}
          hint={hint}
          tools={
            <Tabs
              label="What is shown"
              name="layer"
              chosen={layer}
              tabs={[
                ['calls', 'Calls'],
                ['shared', 'Shared variables'],
              ]}
              onChoose={(next) => choose({ layer: next === 'calls' ? null : next })}
            />
          }
        >
          <MapDiagram map={map} layer={layer} selected={selected?.name ?? null} />
        </Card>
        <div class="stack">
          {selected === null ? (
            <p class="notice">Choose a service to see whom it calls and where it races.</p>
          ) : (
            <ServiceCard node={selected} map={map} issues={issues} health={health} />
          )}
        </div>
      </div>
      <ServiceTable map={map} health={health} />
    </>
  );
}

function ServiceTable({
  map,
  health,
}: {
  map: ServiceMap;
  health: ReadonlyMap<string, ServiceHealth[number]>;
}) {
  const names = (list: readonly string[]) =>
    list.length === 0 ? '–' : list.slice(0, 6).join(', ');
  const layer = search.value.get('layer');
  return (
    <RowLinks>
      <table class="list">
        <thead>
          <tr>
            <th scope="col">Service</th>
            <th scope="col" class="number">
              Traces
            </th>
            <th scope="col" class="number">
              Events
            </th>
            <th scope="col">Races</th>
            <th scope="col">Calls</th>
            <th scope="col">Called by</th>
            <th scope="col">Shares variables with</th>
            <th scope="col" class="number">
              Last activity
            </th>
          </tr>
        </thead>
        <tbody>
          {map.nodes.map((node) => (
            <tr key={node.name}>
              <td class="what">
                <a
                  href={`map?service=${encodeURIComponent(node.name)}${layer === null ? '' : '&layer=shared'}`}
                >
                  <Service name={node.name} />
                </a>
              </td>
              <td class="number" data-label="Traces">
                {count(node.traces)}
              </td>
              <td class="number" data-label="Events">
                {count(node.events)}
              </td>
              <td>
                {node.races > 0 && <span class="chip bad">▲ {counted(node.races, 'race')}</span>}
              </td>
              <td class="muted" data-label="Calls">
                <Name
                  text={names(
                    map.calls.filter(({ from }) => from === node.name).map(({ to }) => to),
                  )}
                />
              </td>
              <td class="muted" data-label="Called by">
                <Name
                  text={names(
                    map.calls.filter(({ to }) => to === node.name).map(({ from }) => from),
                  )}
                />
              </td>
              <td class="muted" data-label="Shares with">
                <Name
                  text={names(
                    map.shares
                      .filter(({ between }) => between.includes(node.name))
                      .flatMap(({ between }) => between.filter((name) => name !== node.name)),
                  )}
                />
              </td>
              <td class="number" data-label="Last activity">
                <LastActivity time={health.get(node.services[0] ?? '')?.last_activity} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </RowLinks>
  );
}

function LastActivity({ time }: { time: string | undefined }) {
  return time === undefined ? <span class="muted">over a day ago</span> : <Clock time={time} />;
}
