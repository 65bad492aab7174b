import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

/** Lines that the page has room for, at the usual height of one. */
const pixelsMax = 572;
/** Browsers draw nothing beyond some ten million pixels. */
const heightMax = 8_000_000;

/** What of many lines is seen. */
export interface SeenLines {
  /** Of the part that is seen, in pixels. */
  readonly height: number;
  /** Pixels of lines above the part that is seen. */
  readonly top: number;
  /** Numbers of the lines in it. */
  readonly lines: readonly number[];
}

/**
 * A grid of however many lines, of which only those that are seen are drawn.
 *
 * @param chosen a line that is brought into sight; -1: none
 */
export function LineScroller(props: {
  readonly label: string;
  readonly count: number;
  readonly lineHeight: number;
  readonly chosen: number;
  /** Id of the element of the chosen line. */
  readonly chosenId: string | undefined;
  readonly children: (seen: SeenLines) => ComponentChildren;
}) {
  const { label, count, lineHeight, chosen, chosenId, children } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [scrolled, setScrolled] = useState(0);
  const whole = count * lineHeight;
  const height = Math.min(
    Math.floor(pixelsMax / lineHeight) * lineHeight,
    Math.max(whole, 4 * lineHeight),
  );
  const shown = Math.min(whole, heightMax);
  // Above the limit a pixel of the scroll bar stands for several of the lines.
  const stretch = shown > height ? (whole - height) / (shown - height) : 1;
  const top = Math.min(scrolled * stretch, Math.max(0, whole - height));
  useEffect(() => {
    const element = scroller.current;
    if (element === null || chosen < 0) return;
    const y = chosen * lineHeight;
    if (y < top) element.scrollTop = y / stretch;
    else if (y + lineHeight > top + height) {
      element.scrollTop = (y + lineHeight - height) / stretch;
    }
  }, [chosen, lineHeight]);
  const first = Math.floor(top / lineHeight);
  const length = Math.max(0, Math.min(Math.floor(height / lineHeight) + 1, count - first));
  const lines = Array.from({ length }, (_, place) => first + place);
  return (
    <div
      ref={scroller}
      class="waterfall"
      role="treegrid"
      aria-label={label}
      aria-rowcount={count}
      aria-activedescendant={lines.includes(chosen) ? chosenId : undefined}
      tabIndex={0}
      style={{ height: `${height}px` }}
      onScroll={(event) => setScrolled(event.currentTarget.scrollTop)}
    >
      <div class="rows-room" role="presentation" style={{ height: `${shown}px` }}>
        {children({ height, top, lines })}
      </div>
    </div>
  );
}
