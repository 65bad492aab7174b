import type { EventRecord } from '../../../domain/event/event.ts';
import { PartsReader } from '../../../domain/event/event-parts.ts';
import { fnv1a } from '../../../domain/fnv1a.ts';
import { isAnswered, operationOfRequest, strandOf } from '../../../domain/latency/request.ts';
import type { OpenStep } from '../../../domain/latency/spans-of-append.ts';
import { limits } from '../../../domain/limits.ts';
import { lowerBound } from '../../../domain/lower-bound.ts';
import { compareEvents } from '../../../domain/trace/trace.ts';

interface RequestPlace {
  readonly timestampNs: bigint;
  readonly id: string;
  /** A hash: where two of one trace meet, the worst is a wrong name. */
  readonly strand: number;
  readonly operation: string;
}

/** What a request takes besides its texts. */
const REQUEST_BYTES = 160;

/** The requests of one trace, for the responses that come in later appends. */
export class TraceRequests {
  /** In the order of events. */
  readonly #places: RequestPlace[] = [];
  #bytes = 0;

  /** At most what an event adds. */
  static bytesNeeded({ kind }: EventRecord): number {
    return kind === 'HttpRequest' ? REQUEST_BYTES + 2 * limits.operationCharacters : 0;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(events: readonly EventRecord[]): void {
    const reader = new PartsReader();
    for (const event of events) {
      if (event.kind !== 'HttpRequest') continue;
      const { timestampNs, id } = event;
      const parts = reader.parts(event);
      const strand = fnv1a(strandOf(parts.metadata));
      const place = { timestampNs, id, strand, operation: operationOfRequest(parts.payload) };
      this.#places.splice(this.#firstAfter(place), 0, place);
      this.#bytes += REQUEST_BYTES + 2 * place.operation.length;
    }
  }

  /** The request that a step is part of; null when there is none. */
  find({ event, strand }: OpenStep): Pick<RequestPlace, 'id' | 'operation'> | null {
    const hash = fnv1a(strand);
    const request = this.#places.findLast(
      (place) => place.strand === hash && isAnswered(place, event),
    );
    return request ?? null;
  }

  #firstAfter(place: RequestPlace): number {
    const places = this.#places;
    return lowerBound(
      0,
      places.length,
      (other) => compareEvents(places[other] as RequestPlace, place) > 0,
    );
  }
}
