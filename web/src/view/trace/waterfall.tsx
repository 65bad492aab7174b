import { useCallback, useState } from 'preact/hooks';
import { lineHeight } from '../../app/preferences.ts';
import { drawWaterfall } from '../../draw/waterfall.ts';
import { nameStart, nameWidth, tookWidth } from '../../draw/waterfall-view.ts';
import { duration } from '../../model/format.ts';
import { type Folding, hasBelow, isFolded } from '../../model/trace/lines.ts';
import { type OtherRequest, otherText } from '../../model/trace/meanwhile.ts';
import {
  accessWords,
  flag,
  type Span,
  slackText,
  type Timeline,
  wordsOf,
} from '../../model/trace/timeline.ts';
import { visible } from '../../model/visible.ts';
import { shortId } from '../../model/words.ts';
import { Canvas, type Draw } from '../../ui/canvas.tsx';
import { LineScroller, type SeenLines } from './line-scroller.tsx';
import { RowTip, type TipPlace } from './row-tip.tsx';

export interface WaterfallProps {
  readonly timeline: Timeline;
  readonly lines: Int32Array;
  readonly folding: Folding;
  readonly others: readonly OtherRequest[];
  readonly span: Span;
  readonly selected: number;
  readonly marked: number;
  readonly hits: ReadonlySet<number>;
  readonly showsCritical: boolean;
  readonly onSelect: (row: number) => void;
  readonly onFold: (row: number) => void;
  readonly onOther: (other: OtherRequest) => void;
}

/** Steps as bars over time: a canvas for the eye, a grid of the lines that are seen for the ear. */
export function Waterfall(props: WaterfallProps) {
  const { lines, selected } = props;
  return (
    <LineScroller
      label="Waterfall"
      count={lines.length}
      lineHeight={lineHeight.value}
      chosen={selected < 0 ? -1 : lines.indexOf(selected)}
      chosenId={`row-${selected}`}
    >
      {(seen) => <Lines {...props} seen={seen} />}
    </LineScroller>
  );
}

function Lines(props: WaterfallProps & { readonly seen: SeenLines }) {
  const { timeline, lines, folding, others, span, selected, marked, hits, showsCritical, seen } =
    props;
  const { height, top } = seen;
  const lineSize = lineHeight.value;
  const [tip, setTip] = useState<TipPlace | null>(null);
  const draw: Draw = useCallback(
    (context, { width }, colours) => {
      const what = { lines, lineHeight: lineSize, folding, others, showsCritical, hits };
      const view = { ...what, width, height, top, span, selected, marked };
      drawWaterfall(context, timeline, view, colours);
    },
    [
      timeline,
      lines,
      lineSize,
      folding,
      others,
      top,
      height,
      span,
      selected,
      marked,
      showsCritical,
      hits,
    ],
  );
  const lineAt = (event: PointerEvent) => lines[Math.floor((event.offsetY + top) / lineSize)];
  return (
    <>
      <div class="lines-seen" role="presentation">
        <Canvas
          class="bars"
          height={height}
          draw={draw}
          onPointerDown={(event, width) => {
            const line = lineAt(event);
            if (line === undefined) return;
            const other = others[-line - 1];
            if (other !== undefined) props.onOther(other);
            else if (isOnFold(timeline, line, event.offsetX, width)) props.onFold(line);
            else props.onSelect(line);
          }}
          onPointerMove={(event, width) => {
            const line = lineAt(event);
            const isBeside = event.offsetX < nameWidth(width) || event.offsetX > width - tookWidth;
            setTip(
              line === undefined || isBeside ? null : { line, x: event.offsetX, y: event.offsetY },
            );
          }}
          onPointerLeave={() => setTip(null)}
        />
        {tip !== null && <RowTip timeline={timeline} others={others} place={tip} />}
      </div>
      {seen.lines.map((place, at) => {
        const line = lines[place] ?? 0;
        const other = others[-line - 1];
        const isRow = line >= 0;
        const row = isRow ? line : (other?.row ?? 0);
        return (
          // biome-ignore lint/a11y/useFocusableInteractive: the grid has the focus and names its row.
          // biome-ignore lint/a11y/useSemanticElements: no table stands behind the canvas.
          <div
            // Elements stay where they are, and say another line: to make new ones takes far longer.
            key={at}
            id={`row-${line}`}
            class="hidden"
            role="row"
            aria-rowindex={place + 1}
            aria-level={(timeline.depth[row] ?? 0) + 1}
            aria-expanded={
              isRow && hasBelow(timeline, row) ? !isFolded(timeline, folding, row) : undefined
            }
            aria-selected={line === selected}
          >
            {/* biome-ignore lint/a11y/useSemanticElements: no table stands behind the canvas. */}
            <span role="gridcell" tabIndex={-1}>
              {other === undefined ? spoken(timeline, row) : spokenOther(other)}
            </span>
          </div>
        );
      })}
    </>
  );
}

const foldPixels = 14;

function isOnFold(timeline: Timeline, row: number, x: number, width: number): boolean {
  const start = nameStart(timeline.depth[row] ?? 0);
  return hasBelow(timeline, row) && x < Math.min(start, nameWidth(width)) && x > start - foldPixels;
}

/** A row as it is read out. */
function spoken(timeline: Timeline, row: number): string {
  const words = wordsOf(timeline, row);
  return [
    visible(words.name),
    visible(words.service),
    words.tookUs === null ? null : duration(words.tookUs),
    words.value === null ? null : visible(accessWords(words)),
    (words.flags & flag.critical) === 0 ? slackText(timeline, row) : 'on the critical path',
    timeline.races.has(row) ? 'in a race' : null,
    (words.flags & flag.error) === 0 ? null : 'error',
  ]
    .filter((part) => part !== null)
    .join(', ');
}

function spokenOther(other: OtherRequest): string {
  const races = other.fingerprints.length > 0 ? ', in a race with this one' : '';
  const who = `${visible(other.name)} ${visible(shortId(other.traceId))}`;
  return `meanwhile ${who}: ${visible(otherText(other), 500)}${races}`;
}

const ticksMax = 5;
const tickPixels = 86;

/** What the bars are measured by. */
export function Scale({ span }: { span: Span }) {
  const draw: Draw = useCallback(
    (context, { width, height }, colours) => {
      const names = nameWidth(width);
      const room = width - names - tookWidth;
      // Times are whole microseconds: there is nothing between two of them.
      const most = Math.min(
        ticksMax,
        Math.floor(room / tickPixels),
        Math.floor(span.to - span.from),
      );
      const ticks = Math.max(1, most);
      context.clearRect(0, 0, width, height);
      context.font = '11.5px system-ui, sans-serif';
      context.textBaseline = 'middle';
      context.fillStyle = colours.muted;
      context.fillText('Operation', 12, height / 2);
      for (let tick = 0; tick < ticks; tick += 1) {
        const x = names + (room / ticks) * tick;
        context.fillStyle = colours.line2;
        context.fillRect(x, 0, 1, height);
        context.fillStyle = colours.muted;
        const at = span.from + ((span.to - span.from) / ticks) * tick;
        context.fillText(duration(at), x + 6, height / 2);
      }
      context.textAlign = 'right';
      context.fillText('Took', width - 10, height / 2);
      context.textAlign = 'left';
    },
    [span],
  );
  return <Canvas class="scale" height={28} draw={draw} />;
}
