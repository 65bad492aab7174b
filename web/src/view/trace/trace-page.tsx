import { query } from '../../api/client.ts';
import { useResource } from '../../api/resource.ts';
import type { TracePage as TraceList, TraceSummary } from '../../api/types.ts';
import { search, segment } from '../../app/route.ts';
import { count, counted, duration } from '../../model/format.ts';
import { shortId } from '../../model/words.ts';
import { Clock } from '../../ui/clock.tsx';
import { Code, Name } from '../../ui/name.tsx';
import { Page } from '../../ui/page.tsx';
import { Services } from '../../ui/service.tsx';
import { Empty, Failed, Loading, Outdated } from '../../ui/states.tsx';
import { TraceViews } from './trace-views.tsx';

const refreshMs = 15_000;

/** One trace. */
export function TracePage() {
  const part = segment(1);
  // Ids that a proxy could change on their way stand in the query.
  const traceId = part === '~' ? (search.value.get('id') ?? '') : part;
  const found = useResource<TraceList>(
    `api/traces${query({ q: traceId, page_size: 1 })}`,
    () => refreshMs,
  );
  const trace = found.data?.traces.find(({ trace_id: id }) => id === traceId);
  if (found.data === null) {
    return (
      <Page title="Trace">
        {found.error === null ? <Loading what="the trace" /> : <Failed resource={found} />}
      </Page>
    );
  }
  if (trace === undefined) {
    return (
      <Page title="Trace">
        <Empty title="No such trace">
          <p>
            Nothing is stored under <Code text={traceId} />. It may have been erased, or given up
            for room.
          </p>
        </Empty>
      </Page>
    );
  }
  return (
    <Page title={trace.root} heading={<Heading trace={trace} />}>
      <Outdated resource={found} />
      <Head trace={trace} />
      <TraceViews trace={trace} />
    </Page>
  );
}

function Heading({ trace }: { trace: TraceSummary }) {
  return (
    <>
      <Name text={trace.root === '' ? 'no operation' : trace.root} />{' '}
      <small class="muted">
        <Code text={shortId(trace.trace_id)} title={trace.trace_id} />
      </small>
    </>
  );
}

function Head({ trace }: { trace: TraceSummary }) {
  return (
    <div class="race-head">
      <p class="chips muted">
        <Services names={trace.services} max={6} />
        <span>{counted(trace.event_count, 'event')}</span>
        <Clock time={trace.first_timestamp} />
        <a href={`compare${query({ a: trace.trace_id, with: 'median' })}`}>
          Compare with the usual
        </a>
        <a href={`compare${query({ a: trace.trace_id })}`}>or with another</a>
      </p>
      <dl class="figures small">
        <div>
          <dt>duration</dt>
          <dd>{duration(trace.duration_ms * 1000)}</dd>
        </div>
        <div class={trace.race_count > 0 ? 'bad' : ''}>
          <dt>{trace.race_count === 1 ? 'race' : 'races'}</dt>
          <dd>{count(trace.race_count)}</dd>
        </div>
        <div>
          <dt>{trace.error_count === 1 ? 'error' : 'errors'}</dt>
          <dd>{count(trace.error_count)}</dd>
        </div>
      </dl>
    </div>
  );
}
