import { useMemo } from 'preact/hooks';
import { query } from '../../api/client.ts';
import { type Resource, useResource } from '../../api/resource.ts';
import type { TracePage, TraceSummary, Timeline as WireTimeline } from '../../api/types.ts';
import { choose, search, tracePath } from '../../app/route.ts';
import { compareTimelines } from '../../model/comparison.ts';
import { count, duration } from '../../model/format.ts';
import { readTimeline } from '../../model/timeline.ts';
import { shortId } from '../../model/words.ts';
import { Clock } from '../../ui/clock.tsx';
import { Code, Name } from '../../ui/name.tsx';
import { Page } from '../../ui/page.tsx';
import { Failed, Loading, Truncated } from '../../ui/states.tsx';
import { StepTable } from './step-table.tsx';
import { TraceChoice } from './trace-choice.tsx';

/** Two traces step by step: what took longer, what only one has, what else was read and written. */
export function ComparePage() {
  const a = useTrace(search.value.get('a'));
  const b = useTrace(search.value.get('b'));
  return (
    <Page title="Compare">
      <div class="halves">
        <Head letter="A" trace={a} />
        <Head letter="B" trace={b} />
      </div>
      {a.id !== null && b.id !== null && (
        <p>
          <button
            type="button"
            onClick={() => choose({ a: search.value.get('b'), b: search.value.get('a') })}
          >
            Swap A and B
          </button>
        </p>
      )}
      {a.id === null && <TraceChoice letter="A" root={null} other={b.id} />}
      {a.id !== null && b.id === null && a.summary !== null && (
        <TraceChoice letter="B" root={a.summary.root} other={a.id} />
      )}
      {a.id !== null && b.id !== null && <Steps a={a} b={b} />}
    </Page>
  );
}

interface ComparedTrace {
  readonly id: string | null;
  readonly list: Resource<TracePage>;
  readonly summary: TraceSummary | null;
  readonly timeline: Resource<WireTimeline>;
}

function useTrace(id: string | null): ComparedTrace {
  const list = useResource<TracePage>(
    id === null ? null : `api/traces${query({ q: id, page_size: 1 })}`,
  );
  const timeline = useResource<WireTimeline>(
    id === null ? null : `api/traces/${encodeURIComponent(id)}/timeline`,
  );
  const summary = list.data?.traces.find(({ trace_id: found }) => found === id) ?? null;
  return { id, list, summary, timeline };
}

function Head({ letter, trace }: { letter: 'A' | 'B'; trace: ComparedTrace }) {
  const { id, summary, list } = trace;
  const side = `of-${letter.toLowerCase()}`;
  return (
    <section class={`card compared ${side}`} aria-label={`Trace ${letter}`}>
      <span class={`side ${side}`}>{letter}</span>
      {summary === null ? (
        <div>
          {id === null ? (
            <span class="muted">not chosen yet</span>
          ) : (
            <>
              <Code text={shortId(id)} title={id} />
              <br />
              <span class="muted">{list.data === null ? '…' : 'is not stored'}</span>
            </>
          )}
        </div>
      ) : (
        <>
          <div>
            <a class="request" href={tracePath(summary.trace_id)}>
              <Name text={summary.root === '' ? 'no operation' : summary.root} />
            </a>{' '}
            <Code text={shortId(summary.trace_id)} title={summary.trace_id} />
            <br />
            <span class="muted">
              <Clock time={summary.first_timestamp} />
            </span>
          </div>
          <div class="number">
            <b class="large">{duration(summary.duration_ms * 1000)}</b>
            <br />
            <span class="muted">{count(summary.event_count)} events</span>
          </div>
        </>
      )}
      {id !== null && (
        <button
          type="button"
          class="plain"
          onClick={() => choose({ [letter.toLowerCase()]: null })}
        >
          Another
        </button>
      )}
    </section>
  );
}

function Steps({ a, b }: { a: ComparedTrace; b: ComparedTrace }) {
  const [wireA, wireB] = [a.timeline.data, b.timeline.data];
  const comparison = useMemo(
    () =>
      wireA === null || wireB === null
        ? null
        : compareTimelines(readTimeline(wireA), readTimeline(wireB)),
    [wireA, wireB],
  );
  const failed = [a.timeline, b.timeline].find(
    ({ error, data }) => error !== null && data === null,
  );
  if (failed !== undefined) return <Failed resource={failed} />;
  if (comparison === null) return <Loading what="both traces" />;
  const truncated = wireA?.truncated_by ?? wireB?.truncated_by ?? null;
  return (
    <>
      {truncated !== null && <Truncated by={truncated} />}
      <StepTable comparison={comparison} />
    </>
  );
}
