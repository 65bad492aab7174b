import { useMemo } from 'preact/hooks';
import { query } from '../../api/client.ts';
import { useResource } from '../../api/resource.ts';
import type { IssueList, VariableAccesses, VariableList } from '../../api/types.ts';
import { choose, search, segment } from '../../app/route.ts';
import { askedRange } from '../../app/time-range.tsx';
import { count } from '../../model/format.ts';
import { layOutValues } from '../../model/race/value-history.ts';
import { Evidence } from '../../ui/evidence.tsx';
import { RaceRows } from '../../ui/list/race-rows.tsx';
import { Code } from '../../ui/name.tsx';
import { Card, Page } from '../../ui/page.tsx';
import { Empty, Failed, Loading, Outdated, Stale } from '../../ui/states.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { AccessTable } from './access-table.tsx';
import { ValueChart } from './value-chart.tsx';

const refreshMs = 15_000;
const staleMs = 1500;

/** One variable: its values over time, its races, and who accessed it. */
export function VariablePage() {
  const part = segment(1);
  // Names that a proxy could change on their way stand in the query.
  const name = part === '~' ? (search.value.get('name') ?? '') : part;
  const cursor = search.value.get('cursor');
  const head = useResource<VariableList>(`api/variables${query({ variable: name })}`);
  const known = head.data?.variables[0];
  const chosen = search.value.get('around');
  const { since, until } = askedRange();
  const isOfTime = since !== null || until !== null;
  const isRaced =
    !isOfTime && (chosen === null ? (known?.race_count ?? 0) > 0 : chosen === 'races');
  const accesses = useResource<VariableAccesses>(
    head.data === null
      ? null
      : `api/accesses${query({ variable: name, ...(isRaced ? { raced: 'true' } : { since, until, cursor }) })}`,
    ({ stale }) => (stale ? staleMs : cursor === null ? refreshMs : null),
  );
  const races = useResource<IssueList>(
    `api/races${query({ variable: name, view: 'list', page_size: 5 })}`,
  );
  return (
    <Page title={name} heading={<Code text={name} />}>
      <div class="race-head">
        <p class="muted">
          Every access, in the order that is known; requests in conflict are coloured.
        </p>
        {known !== undefined && (
          <dl class="figures small">
            <div>
              <dt>accesses</dt>
              <dd>{count(known.access_count)}</dd>
            </div>
            <div>
              <dt>requests</dt>
              <dd>{count(known.trace_count)}</dd>
            </div>
            <div class={known.race_count > 0 ? 'bad' : ''}>
              <dt>{known.race_count === 1 ? 'race' : 'races'}</dt>
              <dd>{count(known.race_count)}</dd>
            </div>
          </dl>
        )}
      </div>
      <Outdated resource={accesses} />
      {head.data === null && <Failed resource={head} />}
      {accesses.data === null && accesses.error === null && <Loading what="accesses" />}
      {accesses.data === null && <Failed resource={accesses} />}
      {accesses.data?.stale === true && <Stale />}
      {accesses.data !== null && (
        <History
          found={accesses.data}
          isRaced={isRaced}
          standsForMany={known === undefined && (races.data?.issues.length ?? 0) > 0}
        />
      )}
      {races.data !== null && races.data.issues.length > 0 && <Races list={races.data} />}
    </Page>
  );
}

function History(props: {
  readonly found: VariableAccesses;
  readonly isRaced: boolean;
  /** Races have the name, and no variable has: it stands for those that are alike. */
  readonly standsForMany: boolean;
}) {
  const { found, isRaced, standsForMany } = props;
  const history = useMemo(() => layOutValues(found.accesses), [found]);
  if (found.accesses.length === 0 && found.stale) return <Empty title="Still analysing" />;
  if (found.accesses.length === 0 && standsForMany) {
    return (
      <Empty title="A name for several variables">
        <p>Its races are below; each names the variables that were accessed.</p>
      </Empty>
    );
  }
  if (found.accesses.length === 0) {
    return (
      <Empty title={isRaced ? 'No race of it' : 'Nobody accesses it'}>
        {isRaced && (
          <button type="button" onClick={() => choose({ around: 'all' })}>
            Show all accesses
          </button>
        )}
      </Empty>
    );
  }
  return (
    <>
      <Card
        title="Value"
        hint={`${isRaced ? 'around the witnesses of its races' : 'of the latest requests'}; gaps are cut`}
        tools={
          <Tabs
            label="Which requests"
            name="around"
            chosen={isRaced ? 'races' : 'all'}
            tabs={[
              ['races', 'Around races'],
              ['all', 'All requests'],
            ]}
            onChoose={(around) => choose({ around, since: null, until: null, cursor: null })}
          />
        }
      >
        {history === null ? (
          <p class="muted">
            {found.accesses.every(({ new_value: value }) => value === null)
              ? 'That it was read and written was told, but not which values.'
              : 'Its values are too different from each other for a picture.'}
          </p>
        ) : (
          <ValueChart history={history} />
        )}
      </Card>
      <AccessTable found={found} isRaced={isRaced} />
    </>
  );
}

function Races({ list }: { list: IssueList }) {
  const more = list.total_issues - list.issues.length;
  return (
    <Card title="Races of it" hint={more > 0 ? `and ${count(more)} more` : undefined}>
      <RaceRows issues={list.issues} end={({ evidence }) => <Evidence level={evidence} />} />
    </Card>
  );
}
