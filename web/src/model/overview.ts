import type { AnomalyList, TraceHistogram } from '../api/types.ts';

/** Traces of about one duration. */
export interface DurationBar {
  readonly fromMs: number;
  readonly toMs: number;
  readonly total: number;
  /** How many of them were slow or fast for what they did. */
  readonly odd: number;
}

/** How long traces took, from the shortest there is to the longest. */
export function durationBars({ cells, edges_ms: edges }: TraceHistogram): DurationBar[] {
  const bars = edges.slice(0, -1).map((fromMs, row) => {
    const own = cells.filter((cell) => cell.row === row);
    const sum = (name: 'total' | 'odd') => own.reduce((all, cell) => all + cell[name], 0);
    return { fromMs, toMs: edges[row + 1] ?? fromMs, total: sum('total'), odd: sum('odd') };
  });
  const first = bars.findIndex(({ total }) => total > 0);
  const last = bars.findLastIndex(({ total }) => total > 0);
  return first === -1 ? [] : bars.slice(first, last + 1);
}

/** The bar in which the middle trace lies; null without any. */
export function medianBar(bars: readonly DurationBar[]): DurationBar | null {
  const all = bars.reduce((sum, { total }) => sum + total, 0);
  let seen = 0;
  return (
    bars.find(({ total }) => {
      seen += total;
      return total > 0 && seen * 2 >= all;
    }) ?? null
  );
}

/** What happened in traces of a range: each trace may be in several of these. */
export function happened({ buckets }: TraceHistogram) {
  const sum = (name: 'raced' | 'failed' | 'odd') =>
    buckets.reduce((all, bucket) => all + bucket[name], 0);
  return { raced: sum('raced'), failed: sum('failed'), odd: sum('odd') };
}

type Anomaly = AnomalyList['anomalies'][number];

/** An operation that was slower than usual. */
export interface SlowOperation {
  readonly operation: string;
  readonly service: string;
  readonly times: number;
  readonly worst: Anomaly;
  /** How many times the usual duration the worst took. */
  readonly factor: number;
}

/** Anomalies by operation, those that are furthest from usual in front. */
export function slowOperations(anomalies: readonly Anomaly[]): SlowOperation[] {
  const found = new Map<string, Anomaly[]>();
  for (const anomaly of anomalies) {
    if (anomaly.kind !== 'slow') continue;
    const key = JSON.stringify([anomaly.service, anomaly.operation, anomaly.event_kind]);
    found.set(key, [...(found.get(key) ?? []), anomaly]);
  }
  return [...found.values()]
    .flatMap((all) => {
      const [worst] = all.toSorted((one, other) => factorOf(other) - factorOf(one));
      if (worst === undefined) return [];
      const { operation, service } = worst;
      return [{ operation, service, times: all.length, worst, factor: factorOf(worst) }];
    })
    .sort((one, other) => other.factor - one.factor);
}

function factorOf({ actual_duration_ms: took, p50_ms: usual }: Anomaly): number {
  return usual > 0 ? took / usual : 0;
}
