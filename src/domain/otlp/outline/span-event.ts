import type { EventRecord, EventSource } from '../../event/event.ts';
import type { EventFacts } from '../../event/event-facts.ts';
import type { KindName } from '../../event/event-kind.ts';
import { InstantWriter } from '../span-time.ts';

/** What is known of an event of a span before its texts are read. */
export type EventOutline = Pick<
  EventRecord,
  'id' | 'traceId' | 'parentId' | 'timestampNs' | 'kind' | 'service' | 'operation' | 'isError'
> & { readonly facts: EventFacts; readonly source: EventSource };

/** An event of a span whose texts are made when somebody asks for them. */
export class SpanEvent implements EventRecord {
  readonly id: string;
  readonly traceId: string;
  readonly parentId: string | null;
  readonly timestampNs: bigint;
  readonly kind: KindName;
  readonly service: string;
  readonly operation: string;
  readonly isError: boolean;
  readonly facts: EventFacts;
  readonly source: EventSource;
  #whole: EventRecord | null = null;

  constructor(outline: EventOutline) {
    this.id = outline.id;
    this.traceId = outline.traceId;
    this.parentId = outline.parentId;
    this.timestampNs = outline.timestampNs;
    this.kind = outline.kind;
    this.service = outline.service;
    this.operation = outline.operation;
    this.isError = outline.isError;
    this.facts = outline.facts;
    this.source = outline.source;
  }

  get timestamp(): string {
    return new InstantWriter().write(this.timestampNs);
  }

  get payload(): string {
    return this.whole.payload;
  }

  get metadata(): string {
    return this.whole.metadata;
  }

  get vector(): string {
    return this.whole.vector;
  }

  get lockSet(): string {
    return this.whole.lockSet;
  }

  get extra(): string {
    return this.whole.extra;
  }

  /** The event with all its texts. */
  get whole(): EventRecord {
    const { sender, bytes, start, end, part } = this.source;
    this.#whole ??= sender.read(bytes.subarray(start, end), part);
    return this.#whole;
  }
}
