import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { drawWaterfall, nameWidth, rowHeight } from '../../draw/waterfall.ts';
import { duration } from '../../model/format.ts';
import { accessWords, flag, type Span, type Timeline, wordsOf } from '../../model/timeline.ts';
import { visible } from '../../model/visible.ts';
import { Canvas, type Draw } from '../../ui/canvas.tsx';

/** Rows that the page has room for. */
const seenMax = 22;
/** Browsers draw nothing beyond some ten million pixels. */
const heightMax = 8_000_000;

/** Steps as bars over time: a canvas for the eye, a grid of the rows that are seen for the ear. */
export function Waterfall(props: {
  readonly timeline: Timeline;
  readonly span: Span;
  readonly selected: number;
  readonly hits: ReadonlySet<number>;
  readonly showsCritical: boolean;
  readonly onSelect: (row: number) => void;
}) {
  const { timeline, span, selected, hits, showsCritical, onSelect } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const seen = Math.min(seenMax, Math.max(4, timeline.rows));
  const height = seen * rowHeight;
  const whole = timeline.rows * rowHeight;
  const shown = Math.min(whole, heightMax);
  // Above the limit a pixel of the scroll bar stands for several of the rows.
  const stretch = shown > height ? (whole - height) / (shown - height) : 1;
  const offset = Math.min(top * stretch, Math.max(0, whole - height));

  useEffect(() => {
    const element = scroller.current;
    if (element === null || selected < 0) return;
    const y = selected * rowHeight;
    if (y < offset) element.scrollTop = y / stretch;
    else if (y + rowHeight > offset + height)
      element.scrollTop = (y + rowHeight - height) / stretch;
  }, [selected]);

  const draw: Draw = useCallback(
    (context, { width }, colours) => {
      const view = { width, height, top: offset, span, selected, showsCritical, hits };
      drawWaterfall(context, timeline, view, colours);
    },
    [timeline, offset, height, span, selected, showsCritical, hits],
  );
  const first = Math.floor(offset / rowHeight);
  const rows = Array.from(
    { length: Math.min(seen + 1, timeline.rows - first) },
    (_, place) => first + place,
  );
  return (
    <div
      ref={scroller}
      class="waterfall"
      role="treegrid"
      aria-label="Waterfall"
      aria-rowcount={timeline.rows}
      aria-activedescendant={rows.includes(selected) ? `row-${selected}` : undefined}
      tabIndex={0}
      style={{ height: `${height}px` }}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
    >
      <div class="rows-room" role="presentation" style={{ height: `${shown}px` }}>
        <Canvas
          class="bars"
          height={height}
          draw={draw}
          onPointerDown={(event) => {
            const row = Math.floor((event.offsetY + offset) / rowHeight);
            if (row >= 0 && row < timeline.rows) onSelect(row);
          }}
        />
      </div>
      {rows.map((row) => (
        // biome-ignore lint/a11y/useFocusableInteractive: the grid has the focus and names its row.
        // biome-ignore lint/a11y/useSemanticElements: no table stands behind the canvas.
        <div
          key={row}
          id={`row-${row}`}
          class="hidden"
          role="row"
          aria-rowindex={row + 1}
          aria-level={(timeline.depth[row] ?? 0) + 1}
          aria-selected={row === selected}
        >
          {/* biome-ignore lint/a11y/useSemanticElements: no table stands behind the canvas. */}
          <span role="gridcell" tabIndex={-1}>
            {spoken(timeline, row)}
          </span>
        </div>
      ))}
    </div>
  );
}

/** A row as it is read out. */
function spoken(timeline: Timeline, row: number): string {
  const words = wordsOf(timeline, row);
  return [
    visible(words.name),
    visible(words.service),
    words.tookUs === null ? null : duration(words.tookUs),
    words.value === null ? null : visible(accessWords(words)),
    (words.flags & flag.critical) === 0 ? null : 'on the critical path',
    timeline.races.has(row) ? 'in a race' : null,
    (words.flags & flag.error) === 0 ? null : 'error',
  ]
    .filter((part) => part !== null)
    .join(', ');
}

const ticksMax = 5;
const tickPixels = 86;

/** What the bars are measured by. */
export function Scale({ span }: { span: Span }) {
  const draw: Draw = useCallback(
    (context, { width, height }, colours) => {
      const names = nameWidth(width);
      const room = width - names - 74;
      const ticks = Math.max(1, Math.min(ticksMax, Math.floor(room / tickPixels)));
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
