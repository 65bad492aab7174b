import type { EventRecord } from '../../../domain/event/event.ts';
import type { KeyNames } from '../../key-names.ts';
import type { AppendOutcome, AppendRequest } from '../../storage.ts';
import type { TraceLog } from './trace-log.ts';

interface FreshTrace {
  readonly traceId: string;
  /** What is stored of it, not packed; null when it is new. */
  readonly log: TraceLog | null;
  readonly ids: Set<string>;
  readonly events: EventRecord[];
}

/** The events of one append that are not stored yet, each once. */
export class FreshEvents {
  readonly #logOf: (traceId: string) => TraceLog | null;
  readonly #seen = new Map<string, FreshTrace>();
  readonly #byTrace = new Map<string, readonly EventRecord[]>();
  /** That of the event before: most often it is that of the next one too. */
  #trace: FreshTrace | null = null;

  /** @param logOf the log of a stored trace, not packed; null when there is none */
  constructor(logOf: (traceId: string) => TraceLog | null) {
    this.#logOf = logOf;
  }

  /** The traces that get events, in the order in which they came, each with these. */
  get byTrace(): ReadonlyMap<string, readonly EventRecord[]> {
    return this.#byTrace;
  }

  /** Adds an event unless it is stored or was added before; tells whether it was new. */
  add(event: EventRecord): boolean {
    if (event.traceId !== this.#trace?.traceId) this.#trace = this.#see(event.traceId);
    const { traceId, log, ids, events } = this.#trace;
    if (log?.has(event.id) || ids.has(event.id)) return false;
    if (events.length === 0) this.#byTrace.set(traceId, events);
    ids.add(event.id);
    events.push(event);
    return true;
  }

  /** Adds the events of requests, and notes who wrote; gives what became of each request. */
  addAll(requests: readonly AppendRequest[], writers: KeyNames): AppendOutcome[] {
    return requests.map(({ events, keyName }) => {
      let accepted = 0;
      let noted: string | null = null;
      for (const event of events) {
        if (!this.add(event)) continue;
        accepted += 1;
        if (event.traceId !== noted) writers.note(event.traceId, keyName);
        noted = event.traceId;
      }
      return { accepted, duplicates: events.length - accepted };
    });
  }

  #see(traceId: string): FreshTrace {
    let trace = this.#seen.get(traceId);
    if (trace === undefined) {
      trace = { traceId, log: this.#logOf(traceId), ids: new Set(), events: [] };
      this.#seen.set(traceId, trace);
    }
    return trace;
  }
}
