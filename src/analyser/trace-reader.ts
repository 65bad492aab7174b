import { createHash } from 'node:crypto';
import { budgets } from '../analysis/budgets.ts';
import type { TraceReport } from '../analysis/trace-report.ts';
import type { AnalysisSwitches } from '../analysis/trace-work.ts';
import type { EventRecord } from '../domain/event/event.ts';
import { type Issue, type NamedRaces, namedRaces } from '../domain/issue.ts';
import { Pauses } from '../storage/pauses.ts';
import type { Storage } from '../storage/storage.ts';
import type { WorkerThread } from '../worker/worker-thread.ts';
import { loadGroup } from './group-loader.ts';
import { Slots } from './slots.ts';

/** Reports made at once: each may hold all events of a causal group, and one thread makes them. */
const REPORTS_AT_ONCE = 2;
/** Events whose texts a digest takes at once: each time costs as much as a few events. */
const EVENTS_PER_DIGEST = 100;
/** Reports kept for readers who ask again. */
const REPORTS_KEPT = 16;

/** A trace as it was read at one moment: what analysis shows, and the events that it tells of. */
export interface TraceReading {
  readonly report: TraceReport;
  /** Of all traces of the causal group, by trace in their order, as far as they were read. */
  readonly events: readonly EventRecord[];
  /** Those that a trace of the group takes part in, as lists of races show them, each with their best witness. */
  readonly issues: readonly Issue[];
}

/** Reads traces for those who look at them, with the analysis that was kept or is made now. */
export class TraceReader {
  readonly #storage: Storage;
  readonly #thread: WorkerThread;
  readonly #switches: AnalysisSwitches;
  readonly #slots = new Slots(REPORTS_AT_ONCE);
  /** Readings in the making, by event count and trace. */
  readonly #pending = new Map<string, Promise<TraceReading>>();
  /** Reports that are kept, by trace, with the digest of the events that they tell of. */
  readonly #reports = new Map<string, { readonly digest: string; readonly report: TraceReport }>();

  constructor(storage: Storage, thread: WorkerThread, switches: AnalysisSwitches) {
    this.#storage = storage;
    this.#thread = thread;
    this.#switches = switches;
  }

  /** Everything about one trace; null when it is unknown. Asked for twice at once, it is done once. */
  async read(traceId: string): Promise<TraceReading | null> {
    const summary = await this.#storage.trace(traceId);
    if (summary === null) return null;
    const key = `${summary.eventCount} ${traceId}`;
    const pending = this.#pending.get(key);
    if (pending !== undefined) {
      const shared = await pending;
      if (await this.#isStored(shared.report.traceIds)) return shared;
    }
    const reading = this.#slots.run(() => this.#makeReading(traceId));
    this.#pending.set(key, reading);
    try {
      return await reading;
    } finally {
      if (this.#pending.get(key) === reading) this.#pending.delete(key);
    }
  }

  /** A report holds values of its whole group: it goes when one of these traces was erased. */
  async #isStored(traceIds: readonly string[]): Promise<boolean> {
    for (const traceId of traceIds) {
      if ((await this.#storage.trace(traceId)) === null) return false;
    }
    return true;
  }

  /** A kept report is right as long as the texts of all events of the group are the same. */
  async #makeReading(traceId: string): Promise<TraceReading> {
    const trace = await loadGroup(this.#storage, traceId, this.#switches.spans);
    const { events } = trace;
    const group = new Set([traceId, ...events.map((event) => event.traceId)]);
    const issues = await this.#storage.derived.issuesOfTraces([...group], budgets.traceIssues);
    const named = namedRaces(issues);
    const digest = await digestOf(events, named);
    const known = this.#reports.get(traceId);
    if (known?.digest === digest) return { report: known.report, events, issues };
    const task = { kind: 'report', trace, switches: this.#switches, named } as const;
    const report = await this.#thread.run(task, false);
    this.#reports.delete(traceId);
    this.#reports.set(traceId, { digest, report });
    for (const oldest of this.#reports.keys()) {
      if (this.#reports.size <= REPORTS_KEPT) break;
      this.#reports.delete(oldest);
    }
    return { report, events, issues };
  }
}

/**
 * Tells whether events are the same, and the races they take part in: other traces may have joined, or
 * some been replaced.
 */
async function digestOf(
  events: readonly EventRecord[],
  { byEvent, explanations }: NamedRaces,
): Promise<string> {
  const pauses = new Pauses();
  const hash = createHash('sha256');
  let metadata = '';
  for (let start = 0; start < events.length; start += EVENTS_PER_DIGEST) {
    let text = '';
    for (const event of events.slice(start, start + EVENTS_PER_DIGEST)) {
      text += `${JSON.stringify(event.traceId)}${event.id}${event.parentId}${event.timestamp}`;
      // Requests have the same metadata all along.
      if (event.metadata !== metadata) text += event.metadata;
      metadata = event.metadata;
      text += `${event.kind}${event.payload}${event.vector}${event.lockSet}${event.extra}`;
      text += '\n';
    }
    hash.update(text);
    await pauses.betweenSteps();
  }
  hash.update(JSON.stringify([[...byEvent], explanations]));
  return hash.digest('base64');
}
