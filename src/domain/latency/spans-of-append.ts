import type { EventRecord } from '../event/event.ts';
import { PartsReader } from '../event/event-parts.ts';
import {
  type Exclusion,
  type KnownRequest,
  nothingExcluded,
  storedUserAgent,
} from '../exclusion.ts';
import { compareEvents } from '../trace/trace.ts';
import { isAnswered, operationOfRequest, strandOf } from './request.ts';
import { type FunctionEvent, returnedCalls } from './returned-calls.ts';
import { LatencyKeys, type LatencySpan, latencySpan } from './span.ts';
import { type TimedEvent, timedEvent } from './timed-event.ts';

/** What the storage knows of the beginnings of steps that end in an append. */
export interface StoredBeginnings {
  /** The request that a step of {@link SpansOfAppend.unanswered} is part of; null: there is none. */
  requestOf(step: OpenStep): KnownRequest | null;
  /** Calls and returns of the traces of {@link SpansOfAppend.uncalled}; those of the append may be among them. */
  readonly functions: readonly FunctionEvent[];
}

/** An event whose request is to be looked up: the last of its strand that began before it. */
export interface OpenStep {
  readonly event: EventRecord;
  /** See {@link strandOf}. */
  readonly strand: string;
}

/** The durations among the new events of an append. */
export class SpansOfAppend {
  /**
   * Responses whose requests are not in the append, and what else may be part of a request that is left
   * out. The requests must be looked up in the storage.
   */
  readonly unanswered: readonly OpenStep[];
  /** FunctionReturns without a duration whose calls are not in the append: these must be looked up too. */
  readonly uncalled: readonly EventRecord[];
  readonly #appended: Iterable<EventRecord>;
  readonly #reader = new PartsReader();
  readonly #timed: readonly TimedEvent[];
  readonly exclusion: Exclusion;
  readonly #requests = new Map<EventRecord, KnownRequest>();

  /**
   * @param inserted the events that were not there before
   * @param appended all events of the append
   * @param exclusion durations of what it leaves out are none
   */
  constructor(
    inserted: readonly EventRecord[],
    appended: Iterable<EventRecord>,
    exclusion: Exclusion = nothingExcluded,
  ) {
    this.#appended = appended;
    this.exclusion = exclusion;
    const reader = this.#reader;
    const hasReturns = inserted.some(({ kind }) => kind === 'FunctionReturn');
    const { callOf } = returnedCalls(hasReturns ? eachOnce(appended) : [], reader);
    const timed: TimedEvent[] = [];
    const uncalled: EventRecord[] = [];
    for (const event of inserted) {
      if (exclusion.leavesOutService(event.service)) continue;
      const found = timedEvent(event, reader, callOf.get(event) ?? null);
      if (found !== null) timed.push(found);
      else if (event.kind === 'FunctionReturn') uncalled.push(event);
    }
    this.#timed = timed;
    this.uncalled = uncalled;
    this.unanswered = this.#findRequests();
  }

  /** Notes the requests that steps are part of; what is not in the append is given back. */
  #findRequests(): OpenStep[] {
    const { asksForRequests, asksForUserAgents } = this.exclusion;
    const steps = this.#timed.map(({ event }) => event);
    const asking = asksForRequests
      ? [...steps, ...this.uncalled]
      : steps.filter(({ kind }) => kind === 'HttpResponse');
    let requests: AppendedRequests | null = null;
    const open: OpenStep[] = [];
    for (const event of asking) {
      const told = event.kind === 'HttpResponse' ? event.facts?.duration?.operation : undefined;
      if (told !== undefined && !asksForUserAgents) {
        this.#requests.set(event, { operation: told, userAgent: null });
        continue;
      }
      requests ??= new AppendedRequests(this.#appended, this.#reader, asksForRequests);
      const strand = strandOf(this.#reader.metadata(event));
      const request = requests.requestOf(event, strand);
      if (request === null) open.push({ event, strand });
      else this.#requests.set(event, knownRequest(request, this.#reader, asksForUserAgents));
    }
    return open;
  }

  get isEmpty(): boolean {
    return this.#timed.length === 0 && this.uncalled.length === 0;
  }

  /** @param receivedNs when the server received the events, nanoseconds since 1970 */
  spans(stored: StoredBeginnings, receivedNs: bigint): LatencySpan[] {
    for (const step of this.unanswered) {
      const request = stored.requestOf(step);
      if (request !== null) this.#requests.set(step.event, request);
    }
    const keys = new LatencyKeys();
    return [...this.#timed, ...this.#calledBefore(stored.functions)].flatMap((timed) => {
      const request = this.#requests.get(timed.event);
      const { service } = timed.event;
      const isLeftOut = request !== undefined && this.exclusion.leavesOutRequest(service, request);
      return isLeftOut ? [] : [latencySpan(timed, request?.operation ?? null, receivedNs, keys)];
    });
  }

  /** The returns whose calls were stored before. */
  #calledBefore(stored: readonly FunctionEvent[]): TimedEvent[] {
    if (this.uncalled.length === 0 || stored.length === 0) return [];
    const { callOf } = returnedCalls(eachOnce([...this.#appended, ...stored]), this.#reader);
    return this.uncalled
      .map((event) => timedEvent(event, this.#reader, callOf.get(event) ?? null))
      .filter((timed) => timed !== null);
  }
}

/** A request as durations and exclusions know it. */
export function knownRequest(
  request: EventRecord,
  reader: PartsReader,
  withUserAgent: boolean,
): KnownRequest {
  const payload = reader.payload(request);
  const userAgent = withUserAgent ? storedUserAgent(payload['headers'], request.extra) : null;
  return { operation: operationOfRequest(payload), userAgent };
}

/** Parents of a span that are climbed to the request that it is part of. */
const PARENTS_MAX = 256;

/** The requests of an append, by what is part of them. */
class AppendedRequests {
  readonly #byStrand: ReadonlyMap<string, readonly EventRecord[]>;
  /** By trace and id; null: spans are not asked for the request around them. */
  readonly #events: ReadonlyMap<string, EventRecord> | null;

  constructor(events: Iterable<EventRecord>, reader: PartsReader, asksForSpans: boolean) {
    this.#byStrand = requestsByStrand(events, reader);
    this.#events = asksForSpans
      ? new Map([...events].map((event) => [event.traceId + event.id, event]))
      : null;
  }

  /** The last of its strand; of a span the one among its parents. */
  requestOf(event: EventRecord, strand: string): EventRecord | null {
    const answered = this.#byStrand
      .get(event.traceId + strand)
      ?.findLast((candidate) => isAnswered(candidate, event));
    if (answered !== undefined || this.#events === null) return answered ?? null;
    let parent: EventRecord | undefined = event;
    for (let steps = 0; steps < PARENTS_MAX && parent !== undefined; steps += 1) {
      if (parent.kind === 'HttpRequest') return parent;
      parent = this.#events.get(parent.traceId + parent.parentId);
    }
    return null;
  }
}

/** The first of those that are the same event: who sends again in one append must not end two calls. */
function eachOnce(events: Iterable<FunctionEvent>): Iterable<FunctionEvent> {
  const first = new Map<string, FunctionEvent>();
  for (const event of events) {
    const name = event.id + event.traceId;
    if (!first.has(name)) first.set(name, event);
  }
  return first.values();
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
