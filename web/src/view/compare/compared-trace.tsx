import type { Resource } from '../../api/resource.ts';
import type { TracePage, TraceSummary, Timeline as WireTimeline } from '../../api/types.ts';
import { choose, tracePath } from '../../app/route.ts';
import { count, duration } from '../../model/format.ts';
import { shortId } from '../../model/words.ts';
import { Clock } from '../../ui/clock.tsx';
import { Code, Name } from '../../ui/name.tsx';

/** One of the two traces, as far as it is known. */
export interface ComparedTrace {
  readonly id: string | null;
  readonly list: Resource<TracePage>;
  readonly summary: TraceSummary | null;
  readonly timeline: Resource<WireTimeline>;
}

/** What is compared on one side. */
export function Head({ letter, trace }: { letter: 'A' | 'B'; trace: ComparedTrace }) {
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
