import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';

const MEBIBYTE = 1024 * 1024;
/** Just below the largest body that a server takes by default. */
const LARGE_BYTES = 16 * MEBIBYTE - 64 * 1024;
const HUGE_CHARACTERS = 100_000;
const FILLING_EVENTS = 50;
const FILLING_BYTES = 2000;
const BASE_MS = Date.UTC(2024, 0, 1, 12);

interface Shape {
  readonly traceId: string;
  readonly number: number;
  readonly thread?: string;
}

export interface LargeBody {
  readonly body: Buffer;
  /** By gzip. */
  readonly isPacked: boolean;
}

function event({ traceId, number, thread = `worker-${number % 8}` }: Shape) {
  const micros = String(number % 1000).padStart(3, '0');
  return {
    id: crypto.randomUUID(),
    trace_id: traceId,
    parent_id: null,
    timestamp: `${new Date(BASE_MS + Math.floor(number / 1000)).toISOString().slice(0, 23)}${micros}Z`,
    kind: {
      StateChange: {
        variable: `order.${number % 50}`,
        old_value: number,
        new_value: number + 1,
        location: 'orders.ts:12',
        access_type: number % 10 === 0 ? 'Write' : 'Read',
      },
    },
    metadata: {
      thread_id: thread,
      process_id: 1,
      service_name: `service-${number % 5}`,
      environment: 'test',
      tags: {},
      duration_ns: null,
      instance_id: 'one',
    },
    causality_vector: [],
    lock_set: [],
  };
}

/** One trace as bodies of some thousand events. */
export function* traceBodies(
  traceId: string,
  events: number,
  threadOf?: (number: number) => string,
): Generator<string> {
  for (let start = 0; start < events; start += 2000) {
    const batch = Array.from({ length: Math.min(2000, events - start) }, (_, place) => {
      const number = start + place;
      return event({ traceId, number, ...(threadOf && { thread: threadOf(number) }) });
    });
    yield JSON.stringify({ events: batch });
  }
}

/** An ordinary request: five traces of twenty events. */
export function ordinaryBody(): string {
  const events = Array.from({ length: 5 }, () => crypto.randomUUID()).flatMap((traceId) =>
    Array.from({ length: 20 }, (_, number) => event({ traceId, number })),
  );
  return JSON.stringify({ events });
}

/** What a small service sends: a trace of three events. */
export function smallBody(): string {
  const traceId = crypto.randomUUID();
  return JSON.stringify({ events: [0, 1, 2].map((number) => event({ traceId, number })) });
}

/** A request of few events that are hard to pack, for what is to be filled soon. */
export function fillingBody(): string {
  const traceId = crypto.randomUUID();
  const events = Array.from({ length: FILLING_EVENTS }, (_, number) => ({
    ...event({ traceId, number }),
    note: randomBytes(FILLING_BYTES).toString('hex'),
  }));
  return JSON.stringify({ events });
}

/** A body of the largest size: of many small events, or of few huge ones; plain or packed. */
export function largeBody(place: number): LargeBody {
  const traceId = crypto.randomUUID();
  const note = place % 2 === 0 ? {} : { note: 'x'.repeat(HUGE_CHARACTERS) };
  const texts: string[] = [];
  for (let bytes = 0, number = 0; ; number += 1) {
    const text = JSON.stringify({ ...event({ traceId, number }), ...note });
    bytes += text.length + 1;
    if (bytes > LARGE_BYTES) break;
    texts.push(text);
  }
  const plain = Buffer.from(`{"events":[${texts.join(',')}]}`);
  const isPacked = place % 4 === 3;
  return { body: isPacked ? gzipSync(plain, { level: 1 }) : plain, isPacked };
}
