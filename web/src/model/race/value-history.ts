import type { HistoricAccess } from '../../api/types.ts';
import { microsecondsBetween } from '../time.ts';
import { valueText } from '../value-text.ts';

/** One access in the picture of a variable's values. */
export interface ValuePoint {
  readonly access: HistoricAccess;
  /** Its place in time, evenly: how many steps from the left. */
  readonly x: number;
  /** Its value as a number from 0 (least) to 1; the levels of texts are in the order of appearance. */
  readonly y: number;
  readonly side: 'A' | 'B' | null;
  readonly writes: boolean;
  /** Much time has passed since the one before: the line is cut. */
  readonly isAfterGap: boolean;
}

/** Values over time, as they are drawn. */
export interface ValueHistory {
  readonly points: readonly ValuePoint[];
  readonly levels: readonly { readonly y: number; readonly text: string }[];
}

/** More points tell nobody more; the latest are drawn. */
export const pointsMax = 120;
/** Texts beside each other that are still told apart. */
const textsMax = 8;
const numberLevels = 5;
/** A pause that is this much longer than usual, and at least so long, is cut out. */
const gapFactor = 20;
const gapLeastUs = 50_000;

/** Lays out the values of accesses; null where they are too many different texts for a picture. */
export function layOutValues(accesses: readonly HistoricAccess[]): ValueHistory | null {
  const shown = accesses.filter(({ new_value: value }) => value !== null).slice(-pointsMax);
  if (shown.length === 0) return null;
  const scale = scaleOf(shown.map(({ new_value: value }) => value));
  if (scale === null) return null;
  const pauses = shown.map((access, place) =>
    place === 0 ? 0 : microsecondsBetween(shown[place - 1]?.timestamp ?? '', access.timestamp),
  );
  const usual = pauses.toSorted((a, b) => a - b)[Math.floor(pauses.length / 2)] ?? 0;
  const gapUs = Math.max(gapLeastUs, usual * gapFactor);
  return {
    points: shown.map((access, place) => ({
      access,
      x: place,
      y: scale.yOf(access.new_value),
      side: access.races[0]?.side ?? null,
      writes: isWrite(access),
      isAfterGap: place > 0 && (pauses[place] ?? 0) > gapUs,
    })),
    levels: scale.levels,
  };
}

export function isWrite({ access_type: type }: Pick<HistoricAccess, 'access_type'>): boolean {
  return /Write|RMW/.test(type);
}

interface Scale {
  readonly levels: ValueHistory['levels'];
  yOf(value: unknown): number;
}

function scaleOf(values: readonly unknown[]): Scale | null {
  const numbers = values.filter((value) => typeof value === 'number');
  if (numbers.length === values.length) return numberScale(numbers);
  const texts = [...new Set(values.map((value) => valueText(value, 24)))];
  if (texts.length > textsMax) return null;
  const place = new Map(texts.map((text, at) => [text, at / Math.max(1, texts.length - 1)]));
  return {
    levels: texts.map((text) => ({ y: place.get(text) ?? 0, text })),
    yOf: (value) => place.get(valueText(value, 24)) ?? 0,
  };
}

function numberScale(numbers: readonly number[]): Scale {
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
  const span = most - least;
  const yOf = (value: unknown) => (span > 0 ? ((value as number) - least) / span : 0.5);
  if (span <= 0 || !Number.isFinite(span))
    return { levels: [{ y: 0.5, text: String(least) }], yOf };
  const step = span / (numberLevels - 1);
  const digits = Math.max(0, Math.min(6, 1 - Math.floor(Math.log10(step))));
  const levels = Array.from({ length: numberLevels }, (_, at) => ({
    y: at / (numberLevels - 1),
    text: String(Number((least + at * step).toFixed(step >= 1 ? 0 : digits))),
  }));
  return { levels, yOf };
}
