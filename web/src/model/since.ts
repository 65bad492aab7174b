const unitMs: Readonly<Record<string, number>> = {
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
/** A request for the same minute is the same request, so that its answer is one that is known. */
const stepMs = 60_000;
const relative = /^-(\d{1,6})([mhd])$/;

/** The time of `-15m`, `-6h` or `-7d` from now, or of an RFC 3339 text; null for another text. */
export function sinceOf(text: string, nowMs: number): string | null {
  const [, number, unit = ''] = relative.exec(text) ?? [];
  if (number !== undefined) {
    const ms = Math.floor(nowMs / stepMs) * stepMs - Number(number) * (unitMs[unit] ?? 0);
    return new Date(ms).toISOString();
  }
  return Number.isNaN(Date.parse(text)) ? null : text;
}

/** Ranges of time to choose from, up to now. */
export const ranges: readonly (readonly [since: string, name: string])[] = [
  ['-15m', 'Last 15 minutes'],
  ['-1h', 'Last hour'],
  ['-6h', 'Last 6 hours'],
  ['-24h', 'Last 24 hours'],
  ['-7d', 'Last 7 days'],
];

/** One end of a range in words. */
export function endText(text: string, clockOf: (time: string) => string): string {
  return relative.test(text) ? `last ${text.slice(1)}` : clockOf(text);
}

/** A range in words, as a button has it. */
export function rangeText(
  since: string | null,
  until: string | null,
  clockOf: (time: string) => string,
): string {
  if (since === null && until === null) return 'All time';
  const named = ranges.find(([value]) => value === since)?.[1];
  if (until === null) {
    if (named !== undefined) return named;
    return relative.test(since ?? '') ? `Last ${since?.slice(1)}` : `Since ${clockOf(since ?? '')}`;
  }
  return since === null
    ? `Until ${clockOf(until)}`
    : `${endText(since, clockOf)} – ${clockOf(until)}`;
}

/** An address that shows the same tomorrow: times that are told from now become those that they are. */
export function absoluteAddress(address: string, nowMs: number): string {
  const url = new URL(address);
  for (const name of ['since', 'until']) {
    const text = url.searchParams.get(name);
    const time = text !== null && relative.test(text) ? sinceOf(text, nowMs) : null;
    if (time !== null) url.searchParams.set(name, time);
  }
  return url.href;
}
