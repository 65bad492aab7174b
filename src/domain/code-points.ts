/**
 * The order of two texts by code points: that of their bytes in UTF-8, and of Postgres. `<` compares
 * UTF-16 units, by which an emoji comes before U+FFFF.
 */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at += 1) {
    const [unitA, unitB] = [a.charCodeAt(at), b.charCodeAt(at)];
    if (unitA !== unitB) return behindSurrogates(unitA) - behindSurrogates(unitB);
  }
  return a.length - b.length;
}

/** Halves of code points beyond U+FFFF move behind all other units. */
function behindSurrogates(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

const CODE_POINT_MAX = 0x10ffff;
const BEFORE_SURROGATES = 0xd7ff;
const BEHIND_SURROGATES = 0xe000;

/**
 * The first text that sorts behind all texts with a given prefix; null when there is none. Neither
 * text may have half of a code point.
 */
export function firstBehind(prefix: string): string | null {
  const codePoints = Array.from(prefix, (character) => character.codePointAt(0) as number);
  while (codePoints.at(-1) === CODE_POINT_MAX) codePoints.pop();
  const last = codePoints.pop();
  if (last === undefined) return null;
  const next = last === BEFORE_SURROGATES ? BEHIND_SURROGATES : last + 1;
  return String.fromCodePoint(...codePoints, next);
}
