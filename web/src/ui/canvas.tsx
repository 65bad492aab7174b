import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { theme } from '../app/preferences.ts';
import { type Colours, readColours } from '../draw/colours.ts';
import type { Pen } from '../draw/pen.ts';
import { SvgPen } from '../draw/svg-pen.ts';

/** Draws in pixels of the page. */
export type Draw = (
  context: Pen,
  size: { readonly width: number; readonly height: number },
  colours: Colours,
) => void;

/** How what a canvas shows is drawn again, by the canvas. */
const drawings = new WeakMap<HTMLCanvasElement, (pen: Pen) => void>();

/** What a canvas shows as an SVG; null where it shows nothing yet. */
export function svgOfCanvas(canvas: HTMLCanvasElement): string | null {
  const drawAgain = drawings.get(canvas);
  const ruler = document.createElement('canvas').getContext('2d');
  if (drawAgain === undefined || ruler === null) return null;
  const pen = new SvgPen((type, text) => {
    ruler.font = type;
    return ruler.measureText(text);
  });
  drawAgain(pen);
  const { clientWidth, clientHeight } = canvas;
  return pen.text(clientWidth, clientHeight, getComputedStyle(document.body).backgroundColor);
}

/** A canvas as wide as its place, sharp on every screen, drawn anew when something of it changes. */
export function Canvas(props: {
  readonly class: string;
  readonly height: number;
  readonly draw: Draw;
  readonly onPointerDown?: (event: PointerEvent, width: number) => void;
  readonly onPointerMove?: (event: PointerEvent, width: number) => void;
  readonly onPointerLeave?: () => void;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width, setWidth] = useState(0);
  const [scheme, setScheme] = useState(0);
  const read = useRef<{ readonly look: string; readonly colours: Colours } | null>(null);
  const { height, draw } = props;
  useLayoutEffect(() => {
    const element = canvas.current;
    if (element === null) return;
    const observer = new ResizeObserver(([entry]) => setWidth(entry?.contentRect.width ?? 0));
    observer.observe(element);
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const turned = () => setScheme((count) => count + 1);
    dark.addEventListener('change', turned);
    return () => {
      observer.disconnect();
      dark.removeEventListener('change', turned);
    };
  }, []);
  useLayoutEffect(() => {
    const element = canvas.current;
    const context = element?.getContext('2d');
    if (!element || !context || width === 0) return;
    const ratio = window.devicePixelRatio || 1;
    resize(element, Math.round(width * ratio), Math.round(height * ratio));
    const look = `${theme.value} ${scheme}`;
    // To be asked for them the browser has to style the page anew.
    if (read.current?.look !== look) read.current = { look, colours: readColours(document.body) };
    context.save();
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    const { colours } = read.current;
    draw(context, { width, height }, colours);
    context.restore();
    drawings.set(element, (pen) => draw(pen, { width, height }, colours));
  }, [width, height, draw, theme.value, scheme]);
  return (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: nobody gets to it by keys; what it shows is told beside.
    <canvas
      ref={canvas}
      class={props.class}
      aria-hidden="true"
      style={{ height: `${height}px` }}
      onPointerDown={(event) => props.onPointerDown?.(event, width)}
      onPointerMove={(event) => props.onPointerMove?.(event, width)}
      onPointerLeave={() => props.onPointerLeave?.()}
    />
  );
}

/** A canvas that is given a size, even its own, is made anew. */
function resize(element: HTMLCanvasElement, width: number, height: number): void {
  if (element.width !== width) element.width = width;
  if (element.height !== height) element.height = height;
}
