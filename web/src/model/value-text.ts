import { ExactNumber } from './exact-json.ts';
import { valueCharactersMax, visible } from './visible.ts';

/** A value of a trace as text, numbers exact, texts in quotes. */
export function valueText(value: unknown, charactersMax = valueCharactersMax): string {
  if (value === undefined) return '';
  if (value instanceof ExactNumber) return value.text;
  if (typeof value === 'object' && value !== null) {
    return visible(JSON.stringify(value, exactAsText), charactersMax);
  }
  return visible(JSON.stringify(value) ?? '', charactersMax);
}

function exactAsText(_name: string, value: unknown): unknown {
  return value instanceof ExactNumber ? value.text : value;
}

/** By how much a number changed, as in `−40`; null where that means nothing. */
export function changeText(from: unknown, to: unknown): string | null {
  if (typeof from !== 'number' || typeof to !== 'number') return null;
  const change = roundedSum(to, -from);
  if (change === 0 || !Number.isFinite(change)) return null;
  return change > 0 ? `+${change}` : `−${-change}`;
}

/** A sum without the digits that doubles add to it. */
export function roundedSum(...numbers: readonly number[]): number {
  const sum = numbers.reduce((total, number) => total + number, 0);
  return Number(sum.toPrecision(15));
}
