/** A number that a double does not hold, as it was written. */
export class ExactNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Reviver = (key: string, value: unknown, context?: { readonly source?: string }) => unknown;

/**
 * Parses JSON and keeps numbers exact where the browser tells how they were written; in others they
 * are the nearest double.
 */
export function parseExact(text: string): unknown {
  // Only a text with a long run of digits can hold such a number.
  if (!/\d{16}/.test(text)) return JSON.parse(text);
  const revive: Reviver = (_key, value, context) => {
    const source = context?.source;
    if (typeof value !== 'number' || source === undefined || source.length < 16) return value;
    return String(value) === source ? value : new ExactNumber(source);
  };
  return JSON.parse(text, revive as (key: string, value: unknown) => unknown);
}

/** JSON over several lines, exact numbers as they were written. */
export function exactJson(value: unknown): string {
  // No stored text has a NUL character: it marks what goes without its quotes.
  const marked = JSON.stringify(
    value,
    (_key, member) => (member instanceof ExactNumber ? `\u0000${member.text}\u0000` : member),
    2,
  );
  return marked.replace(/"\\u0000(-?[\d.eE+-]+)\\u0000"/g, '$1');
}
