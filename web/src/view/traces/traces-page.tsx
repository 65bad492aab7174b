import { useState } from 'preact/hooks';
import { query } from '../../api/client.ts';
import { useResource } from '../../api/resource.ts';
import type { TracePage as TraceList, TraceSummary } from '../../api/types.ts';
import { useKeys } from '../../app/keys.ts';
import { choose, search, tracePath } from '../../app/route.ts';
import { count, counted, duration } from '../../model/format.ts';
import { sinceOf } from '../../model/since.ts';
import { shortId } from '../../model/words.ts';
import { Clock } from '../../ui/clock.tsx';
import { Choice, TextFilter } from '../../ui/filters.tsx';
import { Code, Name } from '../../ui/name.tsx';
import { Page } from '../../ui/page.tsx';
import { RowLinks } from '../../ui/row-links.tsx';
import { Services } from '../../ui/service.tsx';
import { Empty, Failed, Loading, Outdated } from '../../ui/states.tsx';
import { TraceFindings, TraceSigns } from '../../ui/trace-marks.tsx';

const pageSize = 50;
const refreshMs = 5000;

/** The filters of the address, as the API takes them. */
function filters() {
  const get = (name: string) => search.value.get(name);
  const since = get('since');
  return {
    q: get('q'),
    service: get('service'),
    environment: get('environment'),
    has_races: get('has') === 'race' ? 'true' : null,
    has_errors: get('has') === 'error' ? 'true' : null,
    has_anomalies: get('has') === 'odd' ? 'true' : null,
    max_duration_ms: get('max'),
    min_duration_ms: get('min'),
    min_events: get('events'),
    since: since === null ? null : sinceOf(since, Date.now()),
  };
}

/** All traces, newest first, by a cursor that newer ones do not move. */
export function TracesPage() {
  const chosen = filters();
  const cursor = search.value.get('cursor');
  const path = `api/traces${query({ ...chosen, page_size: pageSize, cursor })}`;
  // A later page is looked at as it was; the first one follows what arrives.
  const traces = useResource<TraceList>(path, () => (cursor === null ? refreshMs : null));
  const { data } = traces;
  const next = data?.next_cursor ?? null;
  return (
    <Page title="Traces" heading={data === null ? 'Traces' : counted(data.total_traces, 'trace')}>
      <div class="filters">
        <TextFilter label="Find" name="q" placeholder="root, trace id, service…" />
        <TextFilter label="Service" name="service" />
        <TextFilter label="Environment" name="environment" />
        <Choice
          label="What happened"
          name="has"
          any="anything"
          options={[
            ['race', 'in a race'],
            ['error', 'an error'],
            ['odd', 'slow or fast'],
          ]}
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
        <Choice
          label="Events"
          name="events"
          any="any number"
          options={[
            ['11', 'more than 10'],
            ['101', 'more than 100'],
            ['10001', 'more than 10,000'],
          ]}
        />
        <Choice
          label="Since"
          name="since"
          any="ever"
          options={[
            ['-15m', 'last 15 minutes'],
            ['-1h', 'last hour'],
            ['-6h', 'last 6 hours'],
            ['-24h', 'last 24 hours'],
          ]}
        />
      </div>
      <Outdated resource={traces} />
      {data === null && traces.error === null && <Loading what="traces" />}
      {data === null && <Failed resource={traces} />}
      {data !== null && data.traces.length === 0 && <NoTraces chosen={chosen} />}
      {data !== null && data.traces.length > 0 && <TraceTable traces={data.traces} />}
      {data !== null && (cursor !== null || next !== null) && (
        <nav class="pager" aria-label="More">
          <button type="button" disabled={cursor === null} onClick={() => choose({ cursor: null })}>
            Newest
          </button>
          <button type="button" disabled={next === null} onClick={() => choose({ cursor: next })}>
            Older
          </button>
        </nav>
      )}
    </Page>
  );
}

function NoTraces({ chosen }: { chosen: Readonly<Record<string, string | null>> }) {
  const all = useResource<TraceList>('api/traces?page_size=1');
  const total = all.data?.total_traces ?? 0;
  const isFiltered = Object.values(chosen).some((value) => value !== null);
  const names = ['q', 'service', 'environment', 'has', 'min', 'max', 'events', 'since', 'cursor'];
  if (!isFiltered || total === 0) {
    return (
      <Empty title="Nothing has arrived yet">
        <p>
          <a href="./">How to begin</a>
        </p>
      </Empty>
    );
  }
  return (
    <Empty title="Filtered away">
      <p>
        {counted(total, 'trace does', 'traces do')} not fit the filter.{' '}
        <button
          type="button"
          onClick={() => choose(Object.fromEntries(names.map((name) => [name, null])))}
        >
          Show all
        </button>
      </p>
    </Empty>
  );
}

function TraceTable({ traces }: { traces: readonly TraceSummary[] }) {
  const longest = Math.max(...traces.map(({ duration_ms: ms }) => ms), 1);
  const [ticked, setTicked] = useState<readonly string[]>([]);
  const tick = (traceId: string) =>
    setTicked(
      ticked.includes(traceId)
        ? ticked.filter((id) => id !== traceId)
        : [...ticked, traceId].slice(-2),
    );
  const [a, b] = ticked;
  useKeys({
    x: () => {
      const row = document.activeElement?.closest('tr');
      row?.querySelector<HTMLInputElement>('input[type=checkbox]')?.click();
    },
  });
  return (
    <>
      {a !== undefined && (
        <p class="notice" role="status">
          {b === undefined ? (
            'Tick another one to compare the two.'
          ) : (
            <a href={`compare${query({ a, b })}`}>Compare the two that are ticked</a>
          )}
        </p>
      )}
      <RowLinks>
        <table class="list">
          <thead>
            <tr>
              <th scope="col">
                <span class="hidden">What happened</span>
              </th>
              <th scope="col">Root</th>
              <th scope="col">Trace</th>
              <th scope="col">Services</th>
              <th scope="col" class="number">
                Events
              </th>
              <th scope="col">Duration</th>
              <th scope="col">Findings</th>
              <th scope="col" class="number">
                Last activity
              </th>
            </tr>
          </thead>
          <tbody>
            {traces.map((trace) => (
              <tr key={trace.trace_id}>
                <td>
                  <input
                    class="tick"
                    type="checkbox"
                    aria-label={`Compare ${shortId(trace.trace_id)}`}
                    checked={ticked.includes(trace.trace_id)}
                    onChange={() => tick(trace.trace_id)}
                  />{' '}
                  <TraceSigns trace={trace} />
                </td>
                <td class="what">
                  <a href={tracePath(trace.trace_id)}>
                    <Name text={trace.root === '' ? 'no operation' : trace.root} />
                  </a>
                </td>
                <td class="muted">
                  <Code text={shortId(trace.trace_id)} title={trace.trace_id} />
                </td>
                <td>
                  <Services names={trace.services} />
                </td>
                <td class="number" data-label="Events">
                  {count(trace.event_count)}
                </td>
                <td class="took">
                  <DurationBar
                    ms={trace.duration_ms}
                    longestMs={longest}
                    isSlow={trace.has_anomalies}
                  />
                  <span>{duration(trace.duration_ms * 1000)}</span>
                </td>
                <td>
                  <TraceFindings trace={trace} />
                </td>
                <td class="number" data-label="Last activity">
                  <Clock time={trace.last_activity} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </RowLinks>
    </>
  );
}

/** On a scale of powers: one slow trace does not make all others alike. */
function DurationBar(props: { ms: number; longestMs: number; isSlow: boolean }) {
  const { ms, longestMs, isSlow } = props;
  const share = Math.log1p(ms) / Math.log1p(longestMs);
  return (
    <svg class="bar-of" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
      <rect class="track" width="100" height="6" rx="3" />
      <rect
        class={isSlow ? 'slow' : 'ordinary'}
        width={Math.max(2, share * 100)}
        height="6"
        rx="3"
      />
    </svg>
  );
}
