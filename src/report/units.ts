/** `0.8 ms`, `13.2 ms`, `2.5 s`: three digits are as many as anybody compares. */
export function durationText(microseconds: number): string {
  const size = Math.abs(microseconds);
  if (size < 999.5) return `${digits(microseconds)} µs`;
  if (size < 999_500) return `${digits(microseconds / 1000)} ms`;
  if (size < 120e6) return `${digits(microseconds / 1e6)} s`;
  return `${digits(microseconds / 60e6)} min`;
}

function digits(value: number): string {
  const size = Math.abs(value);
  if (size >= 99.95 || Number.isInteger(value)) return String(Math.round(value));
  return size >= 9.995 ? value.toFixed(1) : value.toFixed(2);
}

const wide =
  /^(?:\p{Extended_Pictographic}|\p{Script=Han}|\p{Script=Hangul}|\p{Script=Hiragana}|\p{Script=Katakana}|[\uff01-\uff60\u3000-\u303f])/u;
const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Columns that a text takes on a terminal: what people see as one character is one, or two when wide. */
export function textWidth(text: string): number {
  // Ordinary text needs no cutting up.
  if (/^[\u0020-\u007e]*$/.test(text)) return text.length;
  let width = 0;
  for (const { segment } of segmenter.segment(text)) width += wide.test(segment) ? 2 : 1;
  return width;
}

/** A text of exactly so many columns: cut with a sign that it was, or filled with spaces. */
export function fittedText(text: string, width: number): string {
  const missing = width - textWidth(text);
  if (missing >= 0) return text + ' '.repeat(missing);
  let cut = '';
  let used = 0;
  for (const { segment } of segmenter.segment(text)) {
    const size = wide.test(segment) ? 2 : 1;
    if (used + size > width - 1) break;
    cut += segment;
    used += size;
  }
  return `${cut}…${' '.repeat(Math.max(0, width - used - 1))}`;
}
