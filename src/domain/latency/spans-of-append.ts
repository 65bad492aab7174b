import type { EventRecord } from '../event/event.ts';
import { PartsReader } from '../event/event-parts.ts';
import { compareEvents } from '../trace.ts';
import { isAnswered, operationOfRequest, strandOf } from './request.ts';
import { type FunctionEvent, returnedCalls } from './returned-calls.ts';
import { LatencyKeys, type LatencySpan, latencySpan } from './span.ts';
import { type TimedEvent, timedEvent } from './timed-event.ts';

/** What the storage knows of the beginnings of steps that end in an append. */
export interface StoredBeginnings {
  /** Operation of the request that an unanswered response answers; null: there is none. */
  requestOf(response: TimedEvent): string | null;
  /** Calls and returns of the traces of {@link SpansOfAppend.uncalled}; those of the append may be among them. */
  readonly functions: readonly FunctionEvent[];
}

/** When nothing is to be looked for. */
export const nothingBegun: StoredBeginnings = { requestOf: () => null, functions: [] };

/** The durations among the new events of an append. */
export class SpansOfAppend {
  /**
   * Responses whose requests are not in the append. Their requests must be looked up in the
   * storage.
   */
  readonly unanswered: readonly TimedEvent[];
  /** FunctionReturns without a duration whose calls are not in the append: these must be looked up too. */
  readonly uncalled: readonly EventRecord[];
  readonly #appended: Iterable<EventRecord>;
  readonly #reader = new PartsReader();
  readonly #timed: readonly TimedEvent[];
  readonly #requests = new Map<TimedEvent, string>();

  /**
   * @param inserted the events that were not there before
   * @param appended all events of the append
   */
  constructor(inserted: readonly EventRecord[], appended: Iterable<EventRecord>) {
    this.#appended = appended;
    const reader = this.#reader;
    const hasReturns = inserted.some(({ kind }) => kind === 'FunctionReturn');
    const { callOf } = returnedCalls(hasReturns ? appended : [], reader);
    const timed: TimedEvent[] = [];
    const uncalled: EventRecord[] = [];
    for (const event of inserted) {
      const found = timedEvent(event, reader, callOf.get(event) ?? null);
      if (found !== null) timed.push(found);
      else if (event.kind === 'FunctionReturn') uncalled.push(event);
    }
    this.#timed = timed;
    this.uncalled = uncalled;
    const responses = timed.filter(({ event }) => event.kind === 'HttpResponse');
    const isAsked = responses.some(({ event }) => event.facts === undefined);
    const requests = isAsked ? requestsByStrand(appended, reader) : null;
    this.unanswered = responses.filter((response) => {
      const { event } = response;
      const told = event.facts?.duration?.operation;
      if (told !== undefined) {
        this.#requests.set(response, told);
        return false;
      }
      const request = requests?.get(event.traceId + strandOf(response.parts().metadata));
      const answered = request?.findLast((candidate) => isAnswered(candidate, event));
      if (answered !== undefined) {
        this.#requests.set(response, operationOfRequest(reader.payload(answered)));
      }
      return answered === undefined;
    });
  }

  get isEmpty(): boolean {
    return this.#timed.length === 0 && this.uncalled.length === 0;
  }

  /** @param receivedNs when the server received the events, nanoseconds since 1970 */
  spans(stored: StoredBeginnings, receivedNs: bigint): LatencySpan[] {
    const unanswered = new Set(this.unanswered);
    const keys = new LatencyKeys();
    return [...this.#timed, ...this.#calledBefore(stored.functions)].map((timed) => {
      const request = unanswered.has(timed) ? stored.requestOf(timed) : this.#requests.get(timed);
      return latencySpan(timed, request ?? null, receivedNs, keys);
    });
  }

  /** The returns whose calls were stored before. */
  #calledBefore(stored: readonly FunctionEvent[]): TimedEvent[] {
    if (this.uncalled.length === 0 || stored.length === 0) return [];
    const functions = new Map<string, FunctionEvent>();
    for (const event of [...stored, ...this.#appended])
      functions.set(event.id + event.traceId, event);
    const { callOf } = returnedCalls(functions.values(), this.#reader);
    return this.uncalled
      .map((event) => timedEvent(event, this.#reader, callOf.get(event) ?? null))
      .filter((timed) => timed !== null);
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
