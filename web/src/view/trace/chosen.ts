import { choose, search } from '../../app/route.ts';
import { type Folding, turned } from '../../model/trace/lines.ts';
import { kept, type Span, type Timeline } from '../../model/trace/timeline.ts';

export const views = [
  ['waterfall', 'Waterfall'],
  ['flame', 'Flame'],
  ['tree', 'Tree'],
  ['graph', 'Graph'],
  ['events', 'Events'],
  ['threads', 'Threads & locks'],
  ['statistics', 'Statistics'],
] as const;
export type View = (typeof views)[number][0];

/** What the address says of the page of a trace. */
export interface Chosen {
  readonly view: View;
  readonly span: Span;
  /** -1: none. */
  readonly row: number;
  /** The row that times are measured from; -1: none. */
  readonly marked: number;
  readonly showsCritical: boolean;
  readonly find: string;
  /** Only rows that hold what is looked for. */
  readonly onlyHits: boolean;
  readonly folding: Folding;
}

/** Rows that an address names as folded or not. */
const turnedMax = 200;

/** @param foldsFrom depth from which on steps begin folded */
export function chosenOf(timeline: Timeline, foldsFrom: number): Chosen {
  const get = (name: string) => search.value.get(name);
  const rowOf = (text: string | null | undefined) => {
    const row = Number(text || -1);
    return Number.isInteger(row) && row >= 0 && row < timeline.rows ? row : -1;
  };
  const [from = Number.NaN, to = Number.NaN] = (get('t') ?? '').split(',').map(Number);
  const isSpan = from >= 0 && to > from && to <= timeline.totalUs;
  const names = (get('fold') ?? '').split(',').slice(0, turnedMax).map(rowOf);
  return {
    view: views.find(([name]) => name === get('view'))?.[0] ?? 'waterfall',
    span: isSpan ? { from, to } : { from: 0, to: timeline.totalUs },
    row: rowOf(get('row')),
    marked: rowOf(get('mark')),
    showsCritical: get('cp') !== '0',
    find: get('q') ?? '',
    onlyHits: get('only') === '1' && (get('q') ?? '') !== '',
    folding: {
      depth: get('open') === 'all' ? Number.POSITIVE_INFINITY : foldsFrom,
      turned: new Set(names.filter((row) => row >= 0)),
    },
  };
}

const quietly = { replace: true } as const;

export function chooseRow(row: number, folding: Folding): void {
  choose({ row: String(row), fold: foldText(folding.turned), event: null }, quietly);
}

export function chooseFolding(row: number, folding: Folding): void {
  choose({ fold: foldText(turned(folding.turned, [row])) }, quietly);
}

/** All steps open, or as they were at first. */
export function openAll(isOpen: boolean): void {
  choose({ open: isOpen ? 'all' : null, fold: null }, quietly);
}

export function chooseSpan(span: Span | null, totalUs: number): void {
  const isAll = span === null || span.to - span.from >= totalUs;
  const { from, to } = span === null ? { from: 0, to: 0 } : kept(span, totalUs);
  choose({ t: isAll ? null : `${Math.round(from)},${Math.round(to)}` }, quietly);
}

export function chooseView(view: View): void {
  choose({ view: view === 'waterfall' ? null : view });
}

function foldText(rows: ReadonlySet<number>): string | null {
  return rows.size === 0 ? null : [...rows].slice(-turnedMax).join(',');
}
