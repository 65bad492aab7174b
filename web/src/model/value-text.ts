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

/** A value as text; null where nobody told: spans tell of most reads that they were, not what they read. */
export function toldText(value: unknown, charactersMax = 80): string | null {
  return value === null || value === undefined ? null : valueText(value, charactersMax);
}

/** What an access did: `reads 470`, `writes "paid"`, and `reads` alone where nobody told the value. */
export function accessWords(writes: boolean, value: unknown, charactersMax = 80): string {
  const told = toldText(value, charactersMax);
  return `${writes ? 'writes' : 'reads'}${told === null ? '' : ` ${told}`}`;
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
