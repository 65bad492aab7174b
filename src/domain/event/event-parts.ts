import { ExactNumber, numberOf, parseJson } from '../json.ts';
import type { EventRecord, Metadata, TraceEvent } from './event.ts';

/** Parts of an event as values; numbers that fit no double are {@link ExactNumber}s. */
export interface EventParts {
  readonly metadata: Metadata;
  readonly payload: Readonly<Record<string, unknown>>;
}

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

  payload({ payload }: EventRecord): EventParts['payload'] {
    return parseJson(payload).value as unknown as EventParts['payload'];
  }

  parts(event: EventRecord): EventParts {
    return { metadata: this.metadata(event), payload: this.payload(event) };
  }
}

/** Events as analysis reads them; numbers that fit no double are {@link ExactNumber}s in values. */
export function decodeEvents(records: readonly EventRecord[]): TraceEvent[] {
  const reader = new PartsReader();
  return records.map((record) => {
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
    } as unknown as TraceEvent;
  });
}

function decodeVector(text: string): TraceEvent['vector'] {
  const vector = (parseJson(text).value ?? []) as [string, unknown][];
  return vector.map(([component, counter]) => [component, numberOf(counter) ?? 0] as const);
}
