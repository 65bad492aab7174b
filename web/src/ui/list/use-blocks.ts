import { useEffect, useState } from 'preact/hooks';

/** Rows of a block; shorter lists are drawn whole. */
const blockRows = 50;
const drawnWholeMax = 100;
/** Blocks are drawn before they are scrolled to. */
const margin = '1200px 0px';
/** Of a row that was never drawn. */
const guessedPx = 38;

/** Some rows of a long list. */
export interface Block<Row> {
  readonly number: number;
  readonly rows: readonly Row[];
  /** Null: drawn; else how much room is left for it. */
  readonly heightPx: number | null;
}

/**
 * Cuts a long list into blocks, of which those are drawn that are near what is seen, and the first
 * and the last, to which keys lead.
 */
export function useBlocks<Row>(
  place: { readonly current: HTMLElement | null },
  rows: readonly Row[],
): readonly Block<Row>[] {
  const [unseen, setUnseen] = useState<ReadonlyMap<number, number>>(new Map());
  const count = rows.length <= drawnWholeMax ? 1 : Math.ceil(rows.length / blockRows);
  useEffect(() => {
    const list = place.current;
    if (list === null || count === 1) return;
    const observer = new IntersectionObserver(
      (entries) =>
        setUnseen((before) => {
          const after = new Map(before);
          for (const { target, isIntersecting, boundingClientRect } of entries) {
            const number = Number((target as HTMLElement).dataset['block']);
            if (isIntersecting) after.delete(number);
            else after.set(number, boundingClientRect.height || blockRows * guessedPx);
          }
          return after;
        }),
      { rootMargin: margin },
    );
    for (const block of list.querySelectorAll('tbody')) observer.observe(block);
    return () => observer.disconnect();
  }, [count]);
  if (count === 1) return [{ number: 0, rows, heightPx: null }];
  return Array.from({ length: count }, (_, number) => {
    const isEnd = number === 0 || number === count - 1;
    return {
      number,
      rows: rows.slice(number * blockRows, (number + 1) * blockRows),
      heightPx: isEnd ? null : (unseen.get(number) ?? null),
    };
  });
}
