import { sdkOfSpans } from '../../domain/clock-error.ts';
import type { TraceEvent } from '../../domain/event/event.ts';
import { ExactNumber, type JsonObject, type JsonValue, numberOf } from '../../domain/json.ts';
import { memberIn, objectIn } from '../../domain/json-members.ts';
import { type SemanticName, semantic } from '../../domain/otlp/semantic-names.ts';
import { ERROR_STATUS, spanKinds } from '../../domain/otlp/telemetry.ts';

/** A span as it is stored: what it says of itself, and the event that it became. */
export class StoredSpan {
  readonly event: TraceEvent;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly kind: number;
  readonly fromNs: bigint;
  readonly toNs: bigint;
  /** Errors that the span tells of, as events of their own. */
  readonly errors: TraceEvent[] = [];
  readonly #otel: JsonObject;
  readonly #attributes: JsonObject;

  constructor(event: TraceEvent, otel: JsonObject) {
    this.event = event;
    this.#otel = otel;
    this.#attributes = objectIn(memberIn(otel, 'attributes')) ?? {};
    this.spanId = textIn(otel, 'span_id');
    this.parentSpanId = textIn(otel, 'parent_span_id');
    this.kind = numberOf(memberIn(otel, 'kind')) ?? 0;
    this.fromNs = event.timestampNs;
    this.toNs = event.timestampNs + BigInt(Math.round(numberOf(event.metadata.duration_ns) ?? 0));
  }

  get name(): string {
    const { event } = this;
    const own = memberIn(this.#otel, 'name');
    if (typeof own === 'string') return own;
    return event.kind === 'FunctionCall' ? event.payload.function_name : '';
  }

  /** The library that made the span. */
  get scope(): string {
    return textIn(memberIn(this.#otel, 'scope'), 'name');
  }

  /** The language of the process, as far as anybody says. */
  get sdk(): string | null {
    const resource = memberIn(this.#otel, 'resource');
    const language = memberIn(memberIn(resource, 'attributes'), 'telemetry.sdk.language');
    return sdkOfSpans(typeof language === 'string' ? language : null, this.scope);
  }

  /** An attribute as it was sent, wherever it stands; undefined when there is none with a value. */
  attribute(name: string): JsonValue | undefined {
    if (!Object.hasOwn(this.#attributes, name)) return undefined;
    const value = this.#attributes[name];
    const members = objectIn(value);
    if (members === null) return value ?? undefined;
    const place = memberIn(members, 'at');
    if (typeof place !== 'string') return memberIn(members, 'double') ?? undefined;
    return memberIn(this.event.payload as unknown as JsonObject, place);
  }

  /** The text of the attribute that means this, under any of its names; '' when there is none. */
  text(meaning: SemanticName): string {
    for (const name of semantic[meaning]) {
      const value = this.attribute(name);
      if (typeof value === 'string') return value;
      if (typeof value === 'number' || value instanceof ExactNumber) return String(numberOf(value));
    }
    return '';
  }

  /** Whether the step failed, as its status says. */
  get hasFailed(): boolean {
    return numberOf(memberIn(memberIn(this.#otel, 'status'), 'code')) === ERROR_STATUS;
  }

  get statusMessage(): string {
    return textIn(memberIn(this.#otel, 'status'), 'message');
  }

  /** Whether the span begins the work of a service on a request or a message. */
  get isRequest(): boolean {
    return this.kind === spanKinds.server || this.kind === spanKinds.consumer;
  }
}

function textIn(of: JsonValue | undefined, name: string): string {
  const value = memberIn(of, name);
  return typeof value === 'string' ? value : '';
}

/** The spans of one trace by their ids. */
export type TraceSpans = ReadonlyMap<string, StoredSpan>;

/** The spans among the events of a group, by trace; without those that are parts of others. */
export function spansByTrace(events: readonly TraceEvent[]): ReadonlyMap<string, TraceSpans> {
  const traces = new Map<string, Map<string, StoredSpan>>();
  const errors: TraceEvent[] = [];
  for (const event of events) {
    const { otel, traceId } = event;
    if (otel === undefined) continue;
    if (memberIn(otel, 'part') !== undefined) {
      if (event.kind === 'Error') errors.push(event);
      continue;
    }
    const span = new StoredSpan(event, otel);
    const known = traces.get(traceId);
    if (known === undefined) traces.set(traceId, new Map([[span.spanId, span]]));
    else if (!known.has(span.spanId)) known.set(span.spanId, span);
  }
  for (const error of errors) {
    const spanId = textIn(error.otel, 'span_id');
    traces.get(error.traceId)?.get(spanId)?.errors.push(error);
  }
  return traces;
}
