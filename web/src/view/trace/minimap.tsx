import { useCallback, useRef, useState } from 'preact/hooks';
import { drawMinimap } from '../../draw/minimap.ts';
import { kept, type Span, type Timeline } from '../../model/trace/timeline.ts';
import { Canvas, type Draw } from '../../ui/canvas.tsx';

const height = 76;
/** A shorter drag is a click: all of the trace again. */
const dragPixels = 4;

/** The whole trace; what is dragged over is looked at more closely. */
export function Minimap(props: {
  readonly timeline: Timeline;
  readonly span: Span;
  readonly onChange: (span: Span | null) => void;
}) {
  const { timeline, span, onChange } = props;
  const [dragged, setDragged] = useState<Span | null>(null);
  const last = useRef<Span | null>(null);
  const shown = dragged ?? span;
  const draw: Draw = useCallback(
    (context, size, colours) => drawMinimap(context, timeline, size, shown, colours),
    [timeline, shown],
  );
  const begin = (event: PointerEvent, width: number) => {
    const canvas = event.currentTarget as HTMLCanvasElement;
    const usOf = (x: number) => (Math.max(0, Math.min(width, x)) / width) * timeline.totalUs;
    const from = event.offsetX;
    canvas.setPointerCapture(event.pointerId);
    const move = (moving: PointerEvent) => {
      const [left, right] = [from, moving.offsetX].sort((a, b) => a - b) as [number, number];
      const isDrag = right - left >= dragPixels;
      last.current = isDrag ? kept({ from: usOf(left), to: usOf(right) }, timeline.totalUs) : null;
      setDragged(last.current);
    };
    const end = () => {
      canvas.removeEventListener('pointermove', move);
      setDragged(null);
      onChange(last.current);
      last.current = null;
    };
    canvas.addEventListener('pointermove', move);
    canvas.addEventListener('pointerup', end, { once: true });
  };
  return <Canvas class="minimap" height={height} draw={draw} onPointerDown={begin} />;
}
