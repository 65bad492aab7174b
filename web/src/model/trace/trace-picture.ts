import type { TraceHistogram } from '../../api/types.ts';
import type { TextRows } from '../table-text.ts';

/** What happened in traces, what is worst first. */
export const happenings = ['raced', 'failed', 'odd', 'ordinary'] as const;
export type Happening = (typeof happenings)[number];

/** Where a picture has room for its drawing. */
export interface Frame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Traces of one time and one duration. */
export interface Mark {
  readonly x: number;
  readonly y: number;
  /** Of its half. */
  readonly size: number;
  readonly worst: Happening;
  readonly count: number;
  readonly key: string;
}

type Counts = Pick<TraceHistogram['buckets'][number], 'total' | 'raced' | 'failed' | 'odd'>;

/** A part of a bar. */
export interface BarPart {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly happening: Happening;
  readonly key: string;
}

const sizeLeast = 2.5;
const sizeMost = 6;

/** Traces by time and duration: the more of them, the larger the mark. */
export function marksOf(histogram: TraceHistogram, frame: Frame): Mark[] {
  const most = Math.max(1, ...histogram.cells.map(({ total }) => total));
  const rows = histogram.edges_ms.length - 1;
  return histogram.cells.map((cell) => ({
    x: frame.left + ((cell.bucket + 0.5) / histogram.buckets.length) * frame.width,
    y: frame.top + (1 - (cell.row + 0.5) / rows) * frame.height,
    size: sizeLeast + (sizeMost - sizeLeast) * (Math.log1p(cell.total - 1) / Math.log1p(most)),
    worst: worstOf(cell),
    count: cell.total,
    key: `${cell.bucket} ${cell.row}`,
  }));
}

/** Traces by time: bars, with those that something happened in at their feet. */
export function barsOf(histogram: TraceHistogram, frame: Frame): BarPart[] {
  const most = Math.max(1, ...histogram.buckets.map(({ total }) => total));
  const step = frame.width / histogram.buckets.length;
  return histogram.buckets.flatMap((bucket, place) => {
    let filled = 0;
    return happenings.flatMap((happening) => {
      // One trace may be in a race and fail: of what is left of the bar the rest is shown.
      const wanted = happening === 'ordinary' ? bucket.total : bucket[happening];
      const part = Math.min(wanted, bucket.total - filled);
      if (part <= 0) return [];
      filled += part;
      const height = (part / most) * frame.height;
      return [
        {
          x: frame.left + place * step + step * 0.1,
          y: frame.top + frame.height * (1 - filled / most),
          width: step * 0.8,
          ...{ height, happening },
          key: `${place} ${happening}`,
        },
      ];
    });
  });
}

/** Powers of ten between the first duration and the last, with where they stand. */
export function durationTicks({ edges_ms: edges }: TraceHistogram, frame: Frame) {
  const [first = 1, last = 10] = [edges[0], edges.at(-1)];
  const [from, to] = [Math.log10(first), Math.log10(last)];
  const powers = Array.from(
    { length: Math.round(to) - Math.round(from) + 1 },
    (_, place) => Math.round(from) + place,
  );
  return powers.map((power) => ({
    ms: 10 ** power,
    y: frame.top + (1 - (power - from) / (to - from)) * frame.height,
  }));
}

/** Some times at even distances, with where they stand. */
export function timeTicks(histogram: TraceHistogram, frame: Frame, number: number) {
  const [from, to] = [Date.parse(histogram.from), Date.parse(histogram.to)];
  return Array.from({ length: number }, (_, place) => ({
    time: new Date(from + ((to - from) * place) / number).toISOString(),
    x: frame.left + (frame.width * place) / number,
  }));
}

/** A part of a picture that somebody has chosen, in its own coordinates. */
export interface Area {
  readonly x0: number;
  readonly x1: number;
  readonly y0: number;
  readonly y1: number;
}

/** Less than that is a slip of the hand. */
const draggedLeast = 6;

/** The filters of an area: of time, and of durations where it is not as high as the picture. */
export function filtersOf(
  histogram: TraceHistogram,
  frame: Frame,
  area: Area,
  withDurations: boolean,
): Readonly<Record<string, string>> | null {
  const [left, right] = [Math.min(area.x0, area.x1), Math.max(area.x0, area.x1)];
  const [top, bottom] = [Math.min(area.y0, area.y1), Math.max(area.y0, area.y1)];
  if (right - left < draggedLeast) return null;
  const [from, to] = [Date.parse(histogram.from), Date.parse(histogram.to)];
  const timeAt = (x: number) => {
    const share = Math.min(1, Math.max(0, (x - frame.left) / frame.width));
    return new Date(from + (to - from) * share).toISOString();
  };
  const [first = 1, last = 10] = [histogram.edges_ms[0], histogram.edges_ms.at(-1)];
  const msAt = (y: number) => {
    const share = Math.min(1, Math.max(0, 1 - (y - frame.top) / frame.height));
    return Number((first * (last / first) ** share).toPrecision(3));
  };
  const hasHeight = withDurations && bottom - top >= draggedLeast;
  return {
    since: timeAt(left),
    until: timeAt(right),
    ...(hasHeight && bottom < frame.top + frame.height ? { min: plain(msAt(bottom)) } : {}),
    ...(hasHeight && top > frame.top ? { max: plain(msAt(top)) } : {}),
  };
}

/** As a query has numbers: without an exponent. */
function plain(value: number): string {
  return value.toFixed(9).replace(/\.?0+$/, '');
}

/** What a picture shows over time, as a table. */
export function bucketRows(histogram: TraceHistogram | null): TextRows {
  const rows = (histogram?.buckets ?? []).map(({ start, total, raced, failed, odd }) =>
    [start, total, raced, failed, odd].map(String),
  );
  return [['From', 'Traces', 'In a race', 'With an error', 'Slow or fast'], ...rows];
}

function worstOf(counts: Counts): Happening {
  return happenings.find((name) => name !== 'ordinary' && counts[name] > 0) ?? 'ordinary';
}
