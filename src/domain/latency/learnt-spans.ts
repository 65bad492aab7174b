import type { EventRecord } from '../event/event.ts';
import { PartsReader } from '../event/event-parts.ts';
import type { Exclusion, KnownRequest } from '../exclusion.ts';
import { compareEvents } from '../trace/trace.ts';
import { isAnswered, strandOf } from './request.ts';
import { CALL_SEARCH_EVENTS, type FunctionEvent } from './returned-calls.ts';
import type { LatencySpan } from './span.ts';
import { knownRequest, type OpenStep, SpansOfAppend } from './spans-of-append.ts';

interface RequestPlace {
  readonly timestampNs: bigint;
  readonly id: string;
  readonly known: KnownRequest;
}

/**
 * The durations of one trace as they were learnt: each append with what was stored before it, and nothing that
 * came later. A response that came before its request taught under another name than one that came after it.
 */
export class LearntSpans {
  readonly #exclusion: Exclusion;
  /** By strand, in the order of events. */
  readonly #requests = new Map<string, RequestPlace[]>();
  #functions: FunctionEvent[] = [];

  constructor(exclusion: Exclusion) {
    this.#exclusion = exclusion;
  }

  /** The durations of the next append, in the order of arrival. */
  add(events: readonly EventRecord[], receivedNs: bigint): LatencySpan[] {
    const found = new SpansOfAppend(events, events, this.#exclusion);
    const spans = found.spans(
      { requestOf: (step) => this.#requestOf(step), functions: this.#functions },
      receivedNs,
    );
    this.#keep(events);
    return spans;
  }

  #requestOf({ event, strand }: OpenStep): KnownRequest | null {
    const requests = this.#requests.get(strand);
    return requests?.findLast((request) => isAnswered(request, event))?.known ?? null;
  }

  #keep(events: readonly EventRecord[]): void {
    const reader = new PartsReader();
    const changed = new Set<RequestPlace[]>();
    for (const event of events) {
      const { traceId, id, timestampNs, kind, operation, metadata } = event;
      if (kind === 'FunctionCall' || kind === 'FunctionReturn') {
        this.#functions.push({ traceId, id, timestampNs, kind, operation, metadata });
      }
      if (kind !== 'HttpRequest') continue;
      const strand = strandOf(reader.metadata(event));
      const requests = this.#requests.get(strand) ?? [];
      this.#requests.set(strand, requests);
      const known = knownRequest(event, reader, this.#exclusion.asksForUserAgents);
      requests.push({ timestampNs, id, known });
      changed.add(requests);
    }
    for (const requests of changed) requests.sort(compareEvents);
    this.#functions = this.#functions.slice(-CALL_SEARCH_EVENTS);
  }
}
