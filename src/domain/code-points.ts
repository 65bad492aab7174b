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
