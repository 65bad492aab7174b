/** One line of the table. */
export interface Row {
  readonly what: string;
  /** Median of the rounds. */
  readonly value: number;
  readonly unit: string;
  /** Least and most of the rounds. */
  readonly spread: readonly [number, number];
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

/** The rows as a table in Markdown. */
export function table(rows: readonly Row[]): string {
  const lines = rows.map((row) =>
    [
      row.what,
      `${number(row.value)} ${row.unit}`,
      `${number(row.spread[0])} to ${number(row.spread[1])}`,
      row.ratio === null ? '' : `${percent(row.ratio)} of ${row.ceiling}`,
      targetText(row),
    ].join(' | '),
  );
  const head = ['what', 'median', 'spread', 'part of the ceiling', 'target'];
  return [head.join(' | '), head.map(() => '---').join(' | '), ...lines]
    .map((line) => `| ${line} |`)
    .join('\n');
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

function number(value: number): string {
  return value >= 100
    ? Math.round(value).toLocaleString('en').replaceAll(',', ' ')
    : value.toFixed(1);
}
