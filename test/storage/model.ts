import type { EventRecord } from '../../src/domain/event/event.ts';
import {
  compareEvents,
  mergeSummaries,
  summarise,
  type TraceSummary,
} from '../../src/domain/trace/trace.ts';
import { matcher, type TraceQuery } from '../../src/domain/trace/trace-query.ts';
import type { AppendOutcome, EventPosition, ServiceTotals } from '../../src/storage/storage.ts';

/** What a storage should hold, kept in the most obvious way: the answers the contract tests expect. */
export class StorageModel {
  readonly #events = new Map<string, EventRecord[]>();
  readonly #summaries = new Map<string, TraceSummary>();

  append(requests: readonly (readonly EventRecord[])[], receivedNs: bigint): AppendOutcome[] {
    return requests.map((request) => {
      let accepted = 0;
      for (const event of request) accepted += this.#add(event, receivedNs) ? 1 : 0;
      return { accepted, duplicates: request.length - accepted };
    });
  }

  get traceIds(): string[] {
    return [...this.#events.keys()];
  }

  trace(traceId: string): TraceSummary | null {
    return this.#summaries.get(traceId) ?? null;
  }

  events(traceId: string, after: EventPosition | null, limit: number): EventRecord[] {
    return (this.#events.get(traceId) ?? [])
      .toSorted(compareEvents)
      .filter((event) => after === null || compareEvents(event, after) > 0)
      .slice(0, limit);
  }

  /** All traces that match, in order; the query's paging is not looked at. */
  traces(query: TraceQuery): TraceSummary[] {
    const ascending = [...this.#summaries.values()]
      .filter(matcher(query))
      .sort((a, b) =>
        a.lastActivityNs === b.lastActivityNs
          ? compareTexts(a.traceId, b.traceId)
          : a.lastActivityNs < b.lastActivityNs
            ? -1
            : 1,
      );
    return query.sort === 'asc' ? ascending : ascending.reverse();
  }

  services(environment: string | null = null): ServiceTotals[] {
    const totals = new Map<string, { events: number; traces: Set<string> }>();
    for (const event of [...this.#events.values()].flat()) {
      const isThere = this.trace(event.traceId)?.environments.includes(environment ?? '') === true;
      if (event.service === '' || (environment !== null && !isThere)) continue;
      const total = totals.get(event.service) ?? { events: 0, traces: new Set() };
      totals.set(event.service, total);
      total.events += 1;
      total.traces.add(event.traceId);
    }
    return [...totals]
      .sort(([a], [b]) => compareTexts(a, b))
      .map(([name, { events, traces }]) => ({
        name,
        eventCount: events,
        traceCount: traces.size,
      }));
  }

  get eventCount(): number {
    return [...this.#events.values()].reduce((sum, events) => sum + events.length, 0);
  }

  #add(event: EventRecord, receivedNs: bigint): boolean {
    const events = this.#events.get(event.traceId) ?? [];
    if (events.some((other) => other.id === event.id)) return false;
    this.#events.set(event.traceId, [...events, event]);
    const summary = this.#summaries.get(event.traceId);
    const more = summarise([event], receivedNs);
    this.#summaries.set(
      event.traceId,
      summary === undefined ? more : mergeSummaries(summary, more),
    );
    return true;
  }
}

/** By bytes, as the contract says of trace ids. */
function compareTexts(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
