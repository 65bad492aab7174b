import { useKeys } from '../../app/keys.ts';
import { choose } from '../../app/route.ts';
import { hasBelow, isFolded, rowBeside, rowsAround } from '../../model/trace/lines.ts';
import { moved, type Timeline, zoomed } from '../../model/trace/timeline.ts';
import { type Chosen, chooseSpan, chooseView, views } from './chosen.ts';

const quietly = { replace: true } as const;
/** With Shift it goes so much faster. */
const fast = { zoom: 0.1, move: 1 } as const;
const usual = { zoom: 0.5, move: 0.25 } as const;

/** The keys of the page of a trace. What is chosen is read anew: keys may come faster than it is drawn. */
export function useTraceKeys(of: {
  readonly timeline: Timeline;
  readonly lines: Int32Array;
  /** Rows that hold what is looked for. */
  readonly found: readonly number[];
  readonly find: string;
  readonly read: () => Chosen;
  readonly select: (row: number) => void;
  readonly fold: (row: number) => void;
}): void {
  const { timeline, lines, found, find, read, select, fold } = of;
  const { totalUs } = timeline;
  const stops = find === '' ? [...timeline.races.keys()] : found;
  const zoom = (factor: number) => chooseSpan(zoomed(read().span, factor, totalUs), totalUs);
  const move = (share: number) => chooseSpan(moved(read().span, share, totalUs), totalUs);
  const open = () => {
    const { row, folding } = read();
    if (row < 0) return;
    if (isFolded(timeline, folding, row)) fold(row);
    else if (hasBelow(timeline, row)) select(row + 1);
  };
  const close = () => {
    const { row, folding } = read();
    if (row < 0) return;
    if (hasBelow(timeline, row) && !isFolded(timeline, folding, row)) fold(row);
    else select(rowsAround(timeline, row)[0] ?? row);
  };
  const step = (by: 1 | -1) => {
    const { row } = read();
    select(row < 0 ? (lines[0] ?? 0) : rowBeside(lines, row, by));
  };
  useKeys({
    j: () => step(1),
    k: () => step(-1),
    ArrowDown: () => step(1),
    ArrowUp: () => step(-1),
    ArrowRight: open,
    ArrowLeft: close,
    w: () => zoom(usual.zoom),
    s: () => zoom(1 / usual.zoom),
    a: () => move(-usual.move),
    d: () => move(usual.move),
    W: () => zoom(fast.zoom),
    S: () => zoom(1 / fast.zoom),
    A: () => move(-fast.move),
    D: () => move(fast.move),
    '0': () => chooseSpan(null, totalUs),
    n: () => select(stops.find((stop) => stop > read().row) ?? stops[0] ?? Math.max(0, read().row)),
    N: () =>
      select(
        stops.findLast((stop) => stop < read().row) ?? stops.at(-1) ?? Math.max(0, read().row),
      ),
    p: () => choose({ cp: read().showsCritical ? '0' : null }, quietly),
    m: () => {
      const { row, marked } = read();
      choose({ mark: row < 0 || row === marked ? null : String(row) }, quietly);
    },
    f: () => document.querySelector<HTMLInputElement>('.card input[type="search"]')?.focus(),
    Enter: () => document.getElementById('row-panel')?.focus(),
    ...Object.fromEntries(
      views.map(([name], at) => [String(at + 1), () => chooseView(name)] as const),
    ),
    Escape: () => choose({ row: null, q: null, only: null, mark: null }, quietly),
  });
}
