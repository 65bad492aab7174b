const unitMs: Readonly<Record<string, number>> = {
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
/** A request for the same minute is the same request, so that its answer is one that is known. */
const stepMs = 60_000;

/** The time of `-15m`, `-6h` or `-7d` from now, or of an RFC 3339 text; null for another text. */
export function sinceOf(text: string, nowMs: number): string | null {
  const [, number, unit = ''] = /^-(\d{1,6})([mhd])$/.exec(text) ?? [];
  if (number !== undefined) {
    const ms = Math.floor(nowMs / stepMs) * stepMs - Number(number) * (unitMs[unit] ?? 0);
    return new Date(ms).toISOString();
  }
  return Number.isNaN(Date.parse(text)) ? null : text;
}
