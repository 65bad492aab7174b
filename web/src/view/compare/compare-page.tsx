import { useMemo } from 'preact/hooks';
import { query } from '../../api/client.ts';
import { useResource } from '../../api/resource.ts';
import type { TracePage, Timeline as WireTimeline } from '../../api/types.ts';
import { choose, search } from '../../app/route.ts';
import { compareTimelines } from '../../model/trace/comparison.ts';
import { readTimeline } from '../../model/trace/timeline.ts';
import { Page } from '../../ui/page.tsx';
import { Failed, Loading, Truncated } from '../../ui/states.tsx';
import { type ComparedTrace, Head } from './compared-trace.tsx';
import { StepTable } from './step-table.tsx';
import { TraceChoice } from './trace-choice.tsx';
import { WithMedian } from './with-median.tsx';

/** Two traces step by step: what took longer, what only one has, what else was read and written. */
export function ComparePage() {
  const a = useTrace(search.value.get('a'));
  const isWithMedian = search.value.get('with') === 'median' && a.id !== null;
  const b = useTrace(isWithMedian ? null : search.value.get('b'));
  if (isWithMedian) return <WithMedian a={a} />;
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
