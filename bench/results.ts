import type { LoadOutcome } from './load.ts';

/** One line of the table. */
export interface Row {
  readonly what: string;
  /** Median of the rounds. */
  readonly value: number;
  readonly unit: string;
  /** Least and most of the rounds. */
  readonly spread: readonly [number, number];
  /** What the two are when they are no spread of rounds. */
  readonly spreadNames?: readonly [string, string];
  /** Median over the rounds of the part of the ceiling that was reached; null: there is none. */
  readonly ratio: number | null;
  readonly ceiling: string;
  /** What has to be reached: at least a ratio, or at most a value. */
  readonly target?: { readonly ratio: number } | { readonly most: number };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
}

/** The row of several rounds. */
export function rowOf(
  row: Pick<Row, 'what' | 'unit' | 'target'> & { readonly ceiling?: string },
  values: readonly number[],
  ratios: readonly number[] = [],
): Row {
  return {
    ...row,
    ceiling: row.ceiling ?? '',
    value: median(values),
    spread: [Math.min(...values), Math.max(...values)],
    ratio: ratios.length === 0 ? null : median(ratios),
  };
}

/**
 * The row of how long one kind of request took: the value is its 99th percentile, and the part of the
 * ceiling compares the medians.
 */
export function latencyRow(
  what: string,
  took: LoadOutcome,
  bare: { readonly name: string; readonly took: LoadOutcome },
  target?: Row['target'],
): Row {
  return {
    what,
    value: took.p99Ms,
    unit: 'ms p99',
    spread: [took.p50Ms, took.mostMs],
    spreadNames: ['p50', 'most'],
    ratio: bare.took.p50Ms / took.p50Ms,
    ceiling: bare.name,
    ...(target === undefined ? {} : { target }),
  };
}

/** The head of a table in Markdown whose lines are made by {@link tableLine}. */
export function tableHead(): string {
  const head = ['what', 'median', 'spread', 'part of the ceiling', 'target'];
  return `${line(head)}\n${line(head.map(() => '---'))}`;
}

export function tableLine(row: Row): string {
  const [least, most] = row.spread.map(number);
  const [first, second] = row.spreadNames ?? [];
  return line([
    row.what,
    `${number(row.value)} ${row.unit}`,
    first === undefined ? `${least} to ${most}` : `${first} ${least}, ${second} ${most}`,
    row.ratio === null ? '' : `${percent(row.ratio)} of ${row.ceiling}`,
    targetText(row),
  ]);
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function targetText({ target, ratio, value }: Row): string {
  if (target === undefined) return '';
  const isMet = 'ratio' in target ? (ratio ?? 0) >= target.ratio : value <= target.most;
  const text =
    'ratio' in target ? `at least ${percent(target.ratio)}` : `at most ${number(target.most)}`;
  return `${text}: ${isMet ? 'met' : 'missed'}`;
}

function percent(ratio: number): string {
  return `${(ratio * 100).toFixed(0)} %`;
}

/** A number as tables show it. */
export function number(value: number): string {
  return value >= 100
    ? Math.round(value).toLocaleString('en').replaceAll(',', ' ')
    : value.toFixed(1);
}
