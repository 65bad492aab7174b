import { duration } from '../../model/format.ts';
import { type OtherRequest, otherText } from '../../model/trace/meanwhile.ts';
import { accessWords, slackText, type Timeline, wordsOf } from '../../model/trace/timeline.ts';
import { visible } from '../../model/visible.ts';
import { shortId } from '../../model/words.ts';

/** Where the pointer is, and on what line. */
export interface TipPlace {
  readonly line: number;
  readonly x: number;
  readonly y: number;
}

/** What lies under the pointer, in words; the panel of the row says the same. */
export function RowTip(props: {
  readonly timeline: Timeline;
  readonly others: readonly OtherRequest[];
  readonly place: TipPlace;
}) {
  const { timeline, others, place } = props;
  const other = others[-place.line - 1];
  return (
    <div class="row-tip" aria-hidden="true" style={{ left: `${place.x}px`, top: `${place.y}px` }}>
      {other === undefined ? (
        <OfRow timeline={timeline} row={place.line} />
      ) : (
        <OfOther other={other} />
      )}
    </div>
  );
}

function OfRow({ timeline, row }: { timeline: Timeline; row: number }) {
  const words = wordsOf(timeline, row);
  const slack = slackText(timeline, row);
  return (
    <>
      <b>{visible(words.name, 80)}</b>
      <br />
      {words.tookUs === null ? visible(accessWords(words), 80) : duration(words.tookUs)} after{' '}
      {duration(words.startUs)}
      {slack !== null && (
        <>
          <br />
          <span class="muted">{slack}</span>
        </>
      )}
    </>
  );
}

function OfOther({ other }: { other: OtherRequest }) {
  return (
    <>
      <b>{visible(other.name, 80)}</b> {visible(shortId(other.traceId), 24)}
      <br />
      {visible(otherText(other), 160)}
      <br />
      <span class="muted">
        {other.fingerprints.length > 0 ? 'a race with this request' : 'while this request ran'}
      </span>
    </>
  );
}
