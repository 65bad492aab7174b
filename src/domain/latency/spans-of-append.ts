import type { EventRecord } from '../event/event.ts';
import { PartsReader } from '../event/event-parts.ts';
import { compareEvents } from '../trace.ts';
import { isAnswered, operationOfRequest, strandOf } from './request.ts';
import { returnedCalls } from './returned-calls.ts';
import { type LatencySpan, latencySpan } from './span.ts';
import { type TimedEvent, timedEvent } from './timed-event.ts';

/** The durations among the new events of an append. */
export class SpansOfAppend {
  /**
   * Responses whose requests are not in the append. Their requests must be looked up in the
   * storage.
   */
  readonly unanswered: readonly TimedEvent[];
  readonly #timed: readonly TimedEvent[];
  readonly #requests = new Map<TimedEvent, string>();

  /**
   * @param inserted the events that were not there before
   * @param appended all events of the append
   */
  constructor(inserted: readonly EventRecord[], appended: Iterable<EventRecord>) {
    const reader = new PartsReader();
    const hasReturns = inserted.some(({ kind }) => kind === 'FunctionReturn');
    const { callOf } = returnedCalls(hasReturns ? appended : [], reader);
    this.#timed = inserted
      .map((event) => timedEvent(event, reader, callOf.get(event) ?? null))
      .filter((timed) => timed !== null);
    const responses = this.#timed.filter(({ event }) => event.kind === 'HttpResponse');
    const requests = responses.length === 0 ? null : requestsByStrand(appended, reader);
    this.unanswered = responses.filter((response) => {
      const { event, parts } = response;
      const request = requests?.get(event.traceId + strandOf(parts.metadata));
      const answered = request?.findLast((candidate) => isAnswered(candidate, event));
      if (answered !== undefined) {
        this.#requests.set(response, operationOfRequest(reader.payload(answered)));
      }
      return answered === undefined;
    });
  }

  get isEmpty(): boolean {
    return this.#timed.length === 0;
  }

  /**
   * @param requestOf operation of the stored request of an unanswered response; null: there is none
   * @param receivedNs when the server received the events, nanoseconds since 1970
   */
  spans(requestOf: (response: TimedEvent) => string | null, receivedNs: bigint): LatencySpan[] {
    const unanswered = new Set(this.unanswered);
    return this.#timed.map((timed) => {
      const request = unanswered.has(timed) ? requestOf(timed) : this.#requests.get(timed);
      return latencySpan(timed, request ?? null, receivedNs);
    });
  }
}

function requestsByStrand(
  events: Iterable<EventRecord>,
  reader: PartsReader,
): Map<string, EventRecord[]> {
  const requests = new Map<string, EventRecord[]>();
  for (const event of events) {
    if (event.kind !== 'HttpRequest') continue;
    const strand = event.traceId + strandOf(reader.metadata(event));
    const others = requests.get(strand);
    if (others === undefined) requests.set(strand, [event]);
    else others.push(event);
  }
  for (const strand of requests.values()) strand.sort(compareEvents);
  return requests;
}
