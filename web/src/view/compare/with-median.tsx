import { useMemo } from 'preact/hooks';
import { choose } from '../../app/route.ts';
import { counted, duration } from '../../model/format.ts';
import { compareTimelines } from '../../model/trace/comparison.ts';
import { medianTrace } from '../../model/trace/median-trace.ts';
import { readTimeline } from '../../model/trace/timeline.ts';
import { Name } from '../../ui/name.tsx';
import { Page } from '../../ui/page.tsx';
import { Empty, Failed, Loading } from '../../ui/states.tsx';
import { type ComparedTrace, Head } from './compared-trace.tsx';
import { StepTable } from './step-table.tsx';
import { useSample } from './use-sample.ts';

/** A trace beside what the newest of its operation are like. */
export function WithMedian({ a }: { a: ComparedTrace }) {
  const sample = useSample(a.summary);
  const usual = useMemo(
    () => (sample.timelines === null ? null : medianTrace(sample.timelines.map(readTimeline))),
    [sample.timelines],
  );
  const wire = a.timeline.data;
  const comparison = useMemo(
    () => (wire === null || usual === null ? null : compareTimelines(readTimeline(wire), usual)),
    [wire, usual],
  );
  const failed = [a.list, a.timeline, sample].find(({ error }) => error !== null);
  return (
    <Page title="Compare">
      <div class="halves">
        <Head letter="A" trace={a} />
        <section class="card compared of-b" aria-label="The median">
          <span class="side of-b">B</span>
          <div>
            <b>Median</b> of <Name text={a.summary?.root ?? 'its operation'} />
            <br />
            <span class="muted">
              {sample.timelines === null ? '…' : counted(sample.timelines.length, 'newest trace')}
            </span>
          </div>
          <div class="number">
            {usual !== null && <b class="large">{duration(usual.totalUs)}</b>}
          </div>
          <button type="button" class="plain" onClick={() => choose({ with: null, b: null })}>
            Another
          </button>
        </section>
      </div>
      {failed !== undefined && <Failed resource={failed} />}
      {failed === undefined && comparison === null && sample.timelines?.length !== 0 && (
        <Loading what="traces of the operation" />
      )}
      {sample.timelines?.length === 0 && (
        <Empty title="No other trace of this operation">
          <p>A median needs at least one. Choose a trace to compare with.</p>
        </Empty>
      )}
      {comparison !== null && <StepTable comparison={comparison} isWithMedian />}
    </Page>
  );
}
