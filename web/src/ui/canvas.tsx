import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { theme } from '../app/preferences.ts';
import { type Colours, readColours } from '../draw/colours.ts';

/** Draws in pixels of the page. */
export type Draw = (
  context: CanvasRenderingContext2D,
  size: { readonly width: number; readonly height: number },
  colours: Colours,
) => void;

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
    element.width = Math.round(width * ratio);
    element.height = Math.round(height * ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    draw(context, { width, height }, readColours(document.body));
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
