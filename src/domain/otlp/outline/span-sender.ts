import type { EventRecord, EventSender } from '../../event/event.ts';
import type { SpanRecords } from '../span-records.ts';
import type { InstrumentationScope, Span } from '../telemetry.ts';

/** What spans of one library of one process have in common. */
export type SpanOrigin = ReturnType<SpanRecords['origin']>;

/** Reads events of ordinary spans again from the bytes that were sent, when somebody asks for their texts. */
export class SpanSender implements EventSender {
  readonly key: string;
  readonly service: string;
  readonly environment: string;
  readonly #origin: SpanOrigin;
  readonly #scope: InstrumentationScope;
  readonly #records: SpanRecords;
  readonly #readSpan: (bytes: Buffer) => Span;

  /**
   * @param format of the bytes
   * @param readSpan reads a span from them
   */
  constructor(
    origin: SpanOrigin,
    scope: InstrumentationScope,
    records: SpanRecords,
    format: string,
    readSpan: (bytes: Buffer) => Span,
  ) {
    this.key = `${format} {${origin.parts.metadata}${origin.members}}`;
    this.service = origin.parts.service;
    this.environment = origin.parts.environment;
    this.#origin = origin;
    this.#scope = { ...scope };
    this.#records = records;
    this.#readSpan = readSpan;
  }

  read(bytes: Uint8Array, part: number): EventRecord {
    const span = this.#readSpan(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
    return this.#records.read(span, this.#scope, this.#origin, part);
  }
}
