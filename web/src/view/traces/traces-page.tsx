import { query } from '../../api/client.ts';
import { useResource } from '../../api/resource.ts';
import type { TraceFacets, TracePage as TraceList } from '../../api/types.ts';
import { choose, search } from '../../app/route.ts';
import { chipsOf, type FilterChip } from '../../model/filter-chips.ts';
import { count, counted } from '../../model/format.ts';
import { lazily } from '../../ui/lazy.tsx';
import { chosenAs, chosenTag, FacetList } from '../../ui/list/facet.tsx';
import { FilterChips } from '../../ui/list/filter-chips.tsx';
import { AddedFilter, Choice, TextFilter } from '../../ui/list/filters.tsx';
import { Name } from '../../ui/name.tsx';
import { Page } from '../../ui/page.tsx';
import { Service } from '../../ui/service.tsx';
import { Empty, Failed, Loading, Outdated } from '../../ui/states.tsx';
import { askedOfTraces, traceFilterKinds } from './trace-filters.ts';
import { TraceTable } from './trace-table.tsx';

const pageSize = 50;
const refreshMs = 5000;
const facetsRefreshMs = 15_000;

const TraceHistogram = lazily(
  () => import('./trace-histogram.tsx').then((module) => module.TraceHistogram),
  'the picture',
);

/** All traces, newest first, by a cursor that newer ones do not move. */
export function TracesPage() {
  const asked = askedOfTraces();
  const cursor = search.value.get('cursor');
  const isFollowing = cursor === null;
  const path = `api/traces${query({ ...asked, page_size: pageSize, cursor, totals: 'bounded' })}`;
  // A later page is looked at as it was; the first one follows what arrives.
  const traces = useResource<TraceList>(path, () => (isFollowing ? refreshMs : null));
  const countedTag = search.value.get('tag_key');
  const facetsPath = `api/traces/facets${query({ ...asked, tag_key: countedTag })}`;
  const facets = useResource<TraceFacets>(facetsPath, () => (isFollowing ? facetsRefreshMs : null));
  const { data } = traces;
  const next = data?.next_cursor ?? null;
  const hidden = facets.data?.hidden.map(({ filter, traces: number }) => ({
    filter,
    count: number,
  }));
  const chips = chipsOf(traceFilterKinds, search.value, hidden ?? null);
  return (
    <Page title="Traces" heading={data === null ? 'Traces' : headingOf(data)}>
      <Filters />
      <FilterChips chips={chips} />
      <Outdated resource={traces} />
      <TraceHistogram asked={asked} isFollowing={isFollowing} />
      <div class="with-facets">
        <TraceFacetLists facets={facets.data} />
        <div class="listed">
          {data === null && traces.error === null && <Loading what="traces" />}
          {data === null && <Failed resource={traces} />}
          {data !== null && data.traces.length === 0 && <NoTraces chips={chips} />}
          {data !== null && data.traces.length > 0 && (
            <TraceTable traces={data.traces} asked={path} />
          )}
          {data !== null && (cursor !== null || next !== null) && (
            <nav class="pager" aria-label="More">
              <button
                type="button"
                disabled={cursor === null}
                onClick={() => choose({ cursor: null })}
              >
                Newest
              </button>
              <button
                type="button"
                disabled={next === null}
                onClick={() => choose({ cursor: next })}
              >
                Older
              </button>
            </nav>
          )}
        </div>
      </div>
    </Page>
  );
}

function headingOf({ total_traces: total, total_is_least: isLeast = false }: TraceList): string {
  return isLeast ? `More than ${counted(total, 'trace')}` : counted(total, 'trace');
}

function Filters() {
  return (
    <div class="filters">
      <TextFilter label="Find" name="q" placeholder="root, trace id, service…" />
      <TextFilter label="Variable" name="variable" placeholder="its whole name" />
      <AddedFilter
        label="Tag"
        name="tag"
        placeholder="name:value"
        pattern="[^:]+:.*"
        hint="A name and a value, as in user_id:42; press Enter. Several may be added."
      />
      <Choice
        label="Took"
        name="min"
        any="any time"
        options={[
          ['10', '10 ms or more'],
          ['100', '100 ms or more'],
          ['1000', '1 s or more'],
        ]}
      />
    </div>
  );
}

const happenings: readonly (readonly [
  value: string,
  name: 'races' | 'errors' | 'anomalies',
  text: string,
])[] = [
  ['race', 'races', 'In a race'],
  ['error', 'errors', 'Error'],
  ['odd', 'anomalies', 'Slow or fast'],
];

/** What there is among the traces, as filters. */
function TraceFacetLists({ facets }: { facets: TraceFacets | null }) {
  const chosen = search.value.get('has');
  return (
    <details class="facets" open={matchMedia('(min-width: 1001px)').matches}>
      <summary>Narrow down</summary>
      {facets !== null && (
        <>
          <FacetList
            label="What happened"
            by={chosenAs('has')}
            options={happenings
              .map(([value, name]) => ({ value, count: facets[name] }))
              .filter(({ value, count: number }) => number > 0 || value === chosen)}
            show={(value) => happenings.find(([name]) => name === value)?.[2]}
          />
          <FacetList
            label="Service"
            by={chosenAs('service')}
            options={facets.services.values}
            leftOut={facets.services.left_out}
            show={(value) => <Service name={value} />}
          />
          <FacetList
            label="Root"
            by={chosenAs('operation')}
            options={facets.operations.values.filter(({ value }) => value !== '')}
            leftOut={facets.operations.left_out}
            show={(value) => <Name text={value} />}
          />
          <FacetList
            label="Environment"
            by={chosenAs('environment')}
            options={facets.environments.values}
            leftOut={facets.environments.left_out}
            show={(value) => <Name text={value} />}
          />
          <TagFacetLists facets={facets} />
          <FacetList
            label="Events at least"
            by={chosenAs('events')}
            options={facets.sizes
              .filter(({ traces }) => traces > 0)
              .map(({ min_events: least, traces }) => ({ value: String(least), count: traces }))}
            show={(value) => count(Number(value))}
          />
          {!facets.complete && (
            <p class="muted">Counted among the latest {count(facets.total)} that were found.</p>
          )}
        </>
      )}
    </details>
  );
}

/** The keys of tags, and the values of the one that is chosen; each value is a tag of the filter. */
function TagFacetLists({ facets }: { facets: TraceFacets }) {
  const key = search.value.get('tag_key');
  const values = facets.tag_values;
  return (
    <>
      <FacetList
        label="Tag"
        by={chosenAs('tag_key')}
        options={facets.tags.values}
        leftOut={facets.tags.left_out}
        show={(value) => <Name text={value} />}
      />
      {key !== null && values !== undefined && (
        <FacetList
          label={
            <>
              Tag <Name text={key} />
            </>
          }
          by={chosenTag(key)}
          options={values.values}
          leftOut={values.left_out}
          show={(value) => <Name text={value} />}
        />
      )}
    </>
  );
}

/** Why there is none: nothing has arrived, or which filter keeps how many out. */
function NoTraces({ chips }: { chips: readonly FilterChip[] }) {
  const all = useResource<TraceList>('api/traces?page_size=1&totals=bounded');
  const total = all.data?.total_traces ?? 0;
  if (all.data === null) return <Loading what="traces" />;
  if (chips.length === 0 || total === 0) {
    return (
      <Empty title="Nothing has arrived yet">
        <p>
          <a href="./">How to begin</a>
        </p>
      </Empty>
    );
  }
  const alone = chips.filter(({ hides }) => hides !== null && hides > 0);
  return (
    <Empty title="Filtered away">
      <p>{counted(total, 'trace does', 'traces do')} not fit the filter.</p>
      {alone.map(({ name, label, text, left, hides }) => (
        <p key={name}>
          <button type="button" onClick={() => choose({ [name]: left, cursor: null })}>
            Without {label.toLowerCase()} <Name text={text} />: {counted(hides ?? 0, 'trace')}
          </button>
        </p>
      ))}
      <p>
        <button
          type="button"
          onClick={() =>
            choose({ ...Object.fromEntries(chips.map(({ name }) => [name, null])), cursor: null })
          }
        >
          Show all
        </button>
      </p>
    </Empty>
  );
}
