import type { EventRecord, EventSender } from '../../event/event.ts';
import type { OtlpFormat } from '../otlp-format.ts';
import type { SpanRecords } from '../span-records.ts';
import type { InstrumentationScope, Span } from '../telemetry.ts';

/** What spans of one library of one process have in common. */
export type SpanOrigin = ReturnType<SpanRecords['origin']>;

/** What a sender can be made of again, as JSON. */
export interface SenderDescription {
  readonly format: OtlpFormat;
  /** Without `tags`: it was written before these were noted, or the process has none. */
  readonly parts: Omit<SpanOrigin['parts'], 'fault' | 'tags'> &
    Partial<Pick<SpanOrigin['parts'], 'tags'>>;
  readonly members: string;
  readonly scopeName: string;
}

/** Reads events of ordinary spans again from the bytes that were sent, when somebody asks for their texts. */
export class SpanSender implements EventSender {
  readonly key: string;
  readonly service: string;
  readonly environment: string;
  readonly #format: OtlpFormat;
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
    format: OtlpFormat,
    readSpan: (bytes: Buffer) => Span,
  ) {
    this.key = `${format} {${origin.parts.metadata}${origin.members}}`;
    this.service = origin.parts.service;
    this.environment = origin.parts.environment;
    this.#origin = origin;
    this.#format = format;
    this.#scope = { ...scope };
    this.#records = records;
    this.#readSpan = readSpan;
  }

  get description(): string {
    const { service, environment, metadata, tags, member } = this.#origin.parts;
    const description: SenderDescription = {
      format: this.#format,
      parts: { service, environment, metadata, member, ...(tags.length === 0 ? {} : { tags }) },
      members: this.#origin.members,
      scopeName: this.#scope.name,
    };
    return JSON.stringify(description);
  }

  read(bytes: Uint8Array, part: number): EventRecord {
    const span = this.#readSpan(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
    return this.#records.read(span, this.#scope, this.#origin, part);
  }
}
