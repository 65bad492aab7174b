import { ExactNumber, type JsonObject, numberOf, parseJson } from '../json.ts';
import { memberIn, objectIn } from '../json-members.ts';
import type { EventRecord, Metadata, TraceEvent } from './event.ts';

/** Parts of an event as values; numbers that fit no double are {@link ExactNumber}s. */
export interface EventParts {
  readonly metadata: Metadata;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** What analysis needs of a stored event. */
export type AnalysedEvent = Pick<
  EventRecord,
  | 'id'
  | 'traceId'
  | 'parentId'
  | 'timestamp'
  | 'timestampNs'
  | 'kind'
  | 'payload'
  | 'metadata'
  | 'vector'
  | 'lockSet'
  | 'extra'
>;

const MEMBER_VALUE = /^\s*:\s*"([^"]*)"/;

/** Reads the parts of events that belong together: they have few texts of metadata, each is parsed once. */
export class PartsReader {
  readonly #known = new Map<string, Metadata>();

  metadata({ metadata: text }: Pick<EventRecord, 'metadata'>): Metadata {
    let metadata = this.#known.get(text);
    if (metadata === undefined) {
      metadata = parseJson(text).value as unknown as Metadata;
      this.#known.set(text, metadata);
    }
    return metadata;
  }

  /** What stands where in an ordinary text is seen without parsing it; every event is asked when it comes. */
  environment(event: Pick<EventRecord, 'metadata'>): string {
    const { metadata: text } = event;
    const [, behind, ...others] = text.includes('\\') ? [] : text.split('"environment"');
    const value = others.length === 0 ? MEMBER_VALUE.exec(behind ?? '') : null;
    return value?.[1] ?? this.metadata(event).environment;
  }

  payload({ payload }: Pick<EventRecord, 'payload'>): EventParts['payload'] {
    return parseJson(payload).value as unknown as EventParts['payload'];
  }

  parts(event: EventRecord): EventParts {
    return { metadata: this.metadata(event), payload: this.payload(event) };
  }
}

/** Events as analysis reads them; numbers that fit no double are {@link ExactNumber}s in values. */
export function decodeEvents(records: readonly AnalysedEvent[]): TraceEvent[] {
  const reader = new PartsReader();
  return records.map((record) => {
    const otel = otelOf(record);
    return {
      id: record.id,
      traceId: record.traceId,
      parentId: record.parentId,
      timestamp: record.timestamp,
      timestampNs: record.timestampNs,
      kind: record.kind,
      payload: reader.payload(record),
      metadata: reader.metadata(record),
      vector: record.vector === '[]' ? [] : decodeVector(record.vector),
      lockSet: record.lockSet === '[]' ? [] : (parseJson(record.lockSet).value ?? []),
      ...(otel === null ? {} : { otel }),
    } as unknown as TraceEvent;
  });
}

/** How the response of a request says what it is: nothing more is kept of it. */
const RESPONSE_END = '"part":"response"}}';
const responsePart: JsonObject = { span_id: '', part: 'response' };

/** How the extra members of an event say that it was made of a span. */
export const SPAN_MEMBER = '"otel"';

/** Whether an event may have been made of a span. */
export function mayBeOfSpan({ extra }: Pick<AnalysedEvent, 'extra'>): boolean {
  return extra.includes(SPAN_MEMBER);
}

/** What is kept of the span that an event was made of. */
function otelOf(record: AnalysedEvent): JsonObject | null {
  const { extra } = record;
  if (!mayBeOfSpan(record)) return null;
  if (extra.endsWith(RESPONSE_END)) return responsePart;
  const otel = objectIn(memberIn(parseJson(extra).value, 'otel'));
  return otel !== null && typeof memberIn(otel, 'span_id') === 'string' ? otel : null;
}

function decodeVector(text: string): TraceEvent['vector'] {
  const vector = (parseJson(text).value ?? []) as [string, unknown][];
  return vector.map(([component, counter]) => [component, numberOf(counter) ?? 0] as const);
}
