/**
 * Ids of the events that a span becomes. They follow from the span alone, so that what is sent twice
 * is stored once: a UUID of version 8 that holds the span id, the part, and a number.
 */

/** What of a span an event is: the whole or its beginning, its end, or one of its span events. */
export const spanParts = { span: '000', response: '001', event: '002', log: '003' } as const;
export type SpanPart = keyof typeof spanParts;

const NUMBER_DIGITS = 8;

/**
 * @param spanId 16 hexadecimal digits
 * @param number which one of several, up to 32 bits
 */
export function spanEventId(spanId: string, part: SpanPart, number = 0): string {
  const count = number === 0 ? '00000000' : number.toString(16).padStart(NUMBER_DIGITS, '0');
  return `${spanId.slice(0, 8)}-${spanId.slice(8, 12)}-8${spanParts[part]}-8000-${spanId.slice(12)}${count}`;
}

/** The trace id of a trace of OTLP, as Raceway writes it: the same 128 bits with hyphens. */
export function traceUuid(traceId: string): string {
  return `${traceId.slice(0, 8)}-${traceId.slice(8, 12)}-${traceId.slice(12, 16)}-${traceId.slice(16, 20)}-${traceId.slice(20)}`;
}
