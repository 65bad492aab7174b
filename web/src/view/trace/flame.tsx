import { useCallback } from 'preact/hooks';
import { drawFlame } from '../../draw/flame.ts';
import { flameLine, flameLines, flameRowAt } from '../../model/trace/flame.ts';
import type { Span, Timeline } from '../../model/trace/timeline.ts';
import { Canvas, type Draw } from '../../ui/canvas.tsx';

/** Steps as blocks: what is wide took long, what lies below was called by it. */
export function Flame(props: {
  readonly timeline: Timeline;
  readonly span: Span;
  readonly selected: number;
  readonly hits: ReadonlySet<number>;
  readonly onSelect: (row: number) => void;
}) {
  const { timeline, span, selected, hits, onSelect } = props;
  const draw: Draw = useCallback(
    (context, size, colours) =>
      drawFlame(context, timeline, { ...size, span, selected, hits }, colours),
    [timeline, span, selected, hits],
  );
  return (
    <Canvas
      class="bars flame"
      height={flameLines(timeline) * flameLine}
      draw={draw}
      onPointerDown={(event, width) => {
        const row = flameRowAt(timeline, span, { x: event.offsetX, y: event.offsetY, width });
        if (row >= 0) onSelect(row);
      }}
    />
  );
}
