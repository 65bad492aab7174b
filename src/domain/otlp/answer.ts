import type { OtlpFormat } from './otlp-format.ts';
import { WireReader } from './protobuf/wire-reader.ts';

/** What an exporter asks to have stored; the last word of the path, and what is counted in its answer. */
export const signals = {
  traces: { rejected: 'rejectedSpans' },
  logs: { rejected: 'rejectedLogRecords' },
  metrics: { rejected: 'rejectedDataPoints' },
} as const;
export type Signal = keyof typeof signals;

const VARINT_END = 0x80;

/**
 * The answer to a request that was taken, in the format in which it came; without a partial success
 * when nothing is to be told.
 */
export function exportAnswer(
  format: OtlpFormat,
  signal: Signal,
  rejected: number,
  message: string,
): Buffer {
  const hasNews = rejected > 0 || message !== '';
  if (format === 'json') {
    const news = { [signals[signal].rejected]: String(rejected), errorMessage: message };
    return Buffer.from(hasNews ? JSON.stringify({ partialSuccess: news }) : '{}');
  }
  if (!hasNews) return Buffer.alloc(0);
  return bytesField(
    1,
    Buffer.concat([varintField(1, rejected), bytesField(2, Buffer.from(message))]),
  );
}

/** A `google.rpc.Status`: why nothing was taken. */
export function statusAnswer(format: OtlpFormat, code: number, message: string): Buffer {
  if (format === 'json') return Buffer.from(JSON.stringify({ code, message }));
  return Buffer.concat([varintField(1, code), bytesField(2, Buffer.from(message))]);
}

/** The details of a status that tell when to try again: a `google.rpc.RetryInfo`, in a `Status`. */
export function retryStatus(code: number, message: string, seconds: number): Buffer {
  const info = bytesField(1, varintField(1, seconds));
  const url = Buffer.from('type.googleapis.com/google.rpc.RetryInfo');
  const any = Buffer.concat([bytesField(1, url), bytesField(2, info)]);
  return Buffer.concat([statusAnswer('protobuf', code, message), bytesField(3, any)]);
}

/** The message in a {@link statusAnswer} in protobuf. */
export function statusMessage(body: Buffer): string {
  const reader = new WireReader(body);
  let message = '';
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag === 0x12) message = reader.text();
    else reader.skip(tag);
  }
  return message;
}

function varintField(number: number, value: number): Buffer {
  return value === 0 ? Buffer.alloc(0) : Buffer.from([number << 3, ...varint(value)]);
}

function bytesField(number: number, value: Buffer): Buffer {
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...varint(value.length)]), value]);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= VARINT_END; rest = Math.floor(rest / VARINT_END)) {
    bytes.push((rest % VARINT_END) + VARINT_END);
  }
  return [...bytes, rest];
}
