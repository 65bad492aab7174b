import type { EventRecord } from '../domain/event/event.ts';
import type { WrittenEvents } from '../domain/event/written-events.ts';
import type { PinRoom } from '../domain/findings/pin.ts';
import type {
  LocatedVerdict,
  OperationPage,
  OperationQuery,
  VerdictQuery,
} from '../domain/latency/learnt.ts';
import type { TraceLatency } from '../domain/latency/verdict.ts';
import type { StorageBackend } from '../domain/storage-backend.ts';
import type { TagFacet } from '../domain/trace/tag-facet.ts';
import type { TraceSummary } from '../domain/trace/trace.ts';
import type { TraceGlances } from '../domain/trace/trace-glance.ts';
import type { TracePage, TraceQuery, TraceSearch } from '../domain/trace/trace-query.ts';
import type { TraceSelection } from '../domain/trace/trace-selection.ts';
import type { AlertStore } from './alert-store.ts';
import type { DerivedStore } from './derived.ts';
import type { ErasureCounts } from './erasure-counts.ts';
import type { SealStore } from './seal-store.ts';

/** The events of one request, and how it came. */
export interface AppendRequest {
  readonly events: readonly EventRecord[];
  /** Name of the key that it was sent with; null: without one. */
  readonly keyName: string | null;
}

/** What became of the events of one request. */
export interface AppendOutcome {
  /** Events stored by this request. */
  readonly accepted: number;
  /** Events whose id the trace already had, from before or earlier in the same request. */
  readonly duplicates: number;
}

/** A place in the order of a trace's events: by timestamp, then by id. */
export interface EventPosition {
  readonly timestampNs: bigint;
  readonly id: string;
}

/** Events and traces of one service. A trace counts for each service that has an event in it. */
export interface ServiceTotals {
  readonly name: string;
  readonly eventCount: number;
  readonly traceCount: number;
}

/** What a service did since a moment; its last activity is that of the latest trace it has a part in. */
export interface ServiceActivity extends ServiceTotals {
  readonly lastActivityNs: bigint;
}

/** A key, by the SHA-256 of it in hexadecimal, and when this process saw it used. */
export interface KeyNote {
  readonly digest: string;
  readonly usedAtMs: number | null;
}

/** What a storage remembers of a key, from every process that worked with it. */
export interface KeySighting {
  readonly firstSeenAtMs: number;
  readonly lastUsedAtMs: number | null;
}

/** A trace that an export or an erasure takes. */
export interface SelectedTrace {
  readonly traceId: string;
  readonly eventCount: number;
}

/** A step of the walk over all traces that a selection takes. */
export interface TraceScan {
  readonly traces: readonly SelectedTrace[];
  /** The trace that was looked at last: where the next step begins; null when there are no more. */
  readonly next: string | null;
}

/** What tells whether time is what it seems, besides the clock of this process. */
export interface Receipts {
  /** When the newest of the stored events was received; null when there is none. */
  readonly newestNs: bigint | null;
  /**
   * When the last event of the trace was received that retention erases next, or when the day ended that it goes
   * with; null when there is none.
   */
  readonly oldestNs: bigint | null;
  /** The clock of the storage's own machine; null when it has none. */
  readonly clockMs: number | null;
}

/** What an operator wants to see of a storage; counts are of what is stored now. */
export interface StorageStatistics {
  readonly backend: StorageBackend;
  readonly traceCount: number;
  readonly eventCount: number;
  /** Bytes in use; null when the backend does not know cheaply. */
  readonly bytes: number | null;
  /** The most bytes it may use; null when it has no bound of its own. */
  readonly bytesMax: number | null;
  /** Bytes of the files that keep what is in memory; null when there are none. */
  readonly diskBytes: number | null;
  /** Last activity of the trace that has been left alone for longest; null when there is none. */
  readonly oldestActivityNs: bigint | null;
  /** Whole traces given up for room, since the start. */
  readonly evictedTraces: number;
  readonly evictedEvents: number;
  /** The same by the service that sent a trace's first event. */
  readonly evictedServices: readonly EvictedService[];
  /** Traces that are kept because somebody pinned a race, and their bytes when it was pinned. */
  readonly pinned: PinRoom;
  /** What came of the replica that is read; null when there is none. */
  readonly replica: ReplicaState | null;
}

/** What came of a replica, since the start. */
export interface ReplicaState {
  /** Reads that it answered. */
  readonly answered: number;
  /** Reads that the primary answered in its place. */
  readonly passedOn: number;
  /** Why it is not asked now; null: it is. */
  readonly fault: string | null;
}

/** What a service lost because the storage was full; of many services the later ones stand together. */
export interface EvictedService {
  readonly service: string;
  readonly traces: number;
  readonly events: number;
}

/**
 * Where events live. Both backends keep this contract; `test/storage/contract.ts` holds them to it.
 *
 * Every method rejects with a RacewayError of code `unavailable` when the storage cannot be reached
 * or does not answer in time; the same call may succeed later without a restart. A call that writes
 * rejects with `outcome_unknown` when the answer to its commit was lost: it may have come about, and
 * the same call again is safe. Values handed out are the caller's: no later write changes them.
 */
export interface Storage {
  /** What was found out about the stored traces; an append marks its traces there. */
  readonly derived: DerivedStore;

  /** Who was told of what was found out. */
  readonly alerts: AlertStore;

  /** Puts away what was left alone; null: this storage needs no such thing. */
  readonly seals: SealStore | null;

  /**
   * Stores the events of several requests in one transaction: all of them or, when it rejects,
   * none. It resolves only after the commit, with one outcome per request, in order.
   *
   * An event is the same as another when trace id and event id are equal; the first one stays.
   * Within one call, "first" is the order of requests and of events in a request. Summaries count
   * an event once, whatever the order of arrival.
   *
   * Durations of new events are judged by those stored before, then learnt, in the same
   * transaction and once for ever: see {@link latencyVerdicts}.
   *
   * A trace keeps the names of the keys whose requests stored an event of it.
   *
   * @param receivedNs when the server received them, in nanoseconds since 1970
   */
  append(requests: readonly AppendRequest[], receivedNs: bigint): Promise<AppendOutcome[]>;

  /**
   * One page of summaries, by last activity, then the code points of the trace id (both in the
   * query's direction).
   * Rejects with `bad_request` when the query's cursor is none of this storage.
   */
  listTraces(query: TraceQuery): Promise<TracePage>;

  /**
   * The latest traces that match, at most `limit`, in the order of the list. Where more than `limit` are
   * stored of the time that is asked for, a storage may leave out those that are not among the latest
   * `limit` of that time: it never looks at more.
   */
  glances(search: TraceSearch, limit: number): Promise<TraceGlances>;

  /**
   * The keys of the tags of the latest traces that match, as far as they are analysed, or the values of one
   * key; no more traces are looked at than {@link glances} looks at.
   *
   * @param key null: the keys are counted
   */
  tagFacet(search: TraceSearch, key: string | null, limit: number): Promise<TagFacet>;

  /** The summary of one trace; null when it is unknown. */
  trace(traceId: string): Promise<TraceSummary | null>;

  /**
   * For each of these traces that is stored a text that changes when one of its events comes or goes, and
   * never comes again.
   */
  revisions(traceIds: readonly string[]): Promise<ReadonlyMap<string, string>>;

  /**
   * Events of one trace by timestamp, then id, at most `limit`, beginning after `after` (null: at
   * the start). A page of huge events ends early; `isLastPage` (event-page.ts) tells. An unknown
   * trace has none.
   */
  events(traceId: string, after: EventPosition | null, limit: number): Promise<EventRecord[]>;

  /**
   * All events of one trace as they are kept; null where only {@link events} can tell them. A storage that
   * never keeps them so has no such member.
   */
  writtenEvents?(traceId: string): WrittenEvents | null;

  /**
   * What was told of the durations of a trace when its events were stored, with at most `limit`
   * verdicts. An unknown trace has none. What is told depends on what came before: on the order of
   * arrival, and for up to five minutes on what other instances have learnt late.
   */
  latencyVerdicts(traceId: string, limit: number): Promise<TraceLatency>;

  /** What was told of the durations of all traces, the latest first: by (timestamp, trace, event). */
  verdicts(query: VerdictQuery): Promise<LocatedVerdict[]>;

  /** One page of the operations that durations are known of. */
  learntOperations(query: OperationQuery): Promise<OperationPage>;

  /**
   * Erases a trace and everything derived from it, and returns the number of its events; null when
   * it is unknown. Rejects with `missing_database_right` when the database forbids it.
   */
  eraseTrace(traceId: string): Promise<number | null>;

  /**
   * Looks at up to `limit` traces behind a trace id (null: from the start) and returns those of the
   * selection. No write changes the order of ids, so that a walk looks exactly once at each trace
   * that is there all the time.
   */
  scanTraces(selection: TraceSelection, after: string | null, limit: number): Promise<TraceScan>;

  /**
   * Erases traces and everything derived from them in one transaction. What their durations have
   * taught goes too, so that an operation that no other trace had leaves no name; what is learnt
   * of a service goes with its last trace. Ids that are unknown count for nothing.
   * Rejects with `missing_database_right` when the database forbids it.
   */
  eraseTraces(traceIds: readonly string[]): Promise<ErasureCounts>;

  /**
   * Erases, as {@link eraseTraces} does, up to `limit` traces whose last event was received before
   * a moment, the earliest first, and leaves out those that are pinned. Sealed ones go with their day: once the moment is
   * in a later UTC day than that receipt. What they have taught stays: baselines reach back further than events may be
   * kept. Several instances do it at once; each leaves out what another one works on.
   */
  eraseExpired(beforeNs: bigint, limit: number): Promise<ErasureCounts>;

  receipts(): Promise<Receipts>;

  /**
   * All services, sorted by name; with an environment those of the traces with an event of it, and what
   * they did in these traces.
   */
  services(environment?: string | null): Promise<ServiceTotals[]>;

  /** The same of the traces active since a moment (nanoseconds since 1970). */
  serviceActivity(sinceNs: bigint, environment?: string | null): Promise<ServiceActivity[]>;

  statistics(): Promise<StorageStatistics>;

  /**
   * Remembers keys and gives what is known of them, by digest. A storage that lives no longer than
   * the process has nothing to give.
   */
  noteKeys(keys: readonly KeyNote[], nowMs: number): Promise<ReadonlyMap<string, KeySighting>>;

  /** Resolves when an append would find the storage ready: reachable, schema current. */
  ready(): Promise<void>;

  /** Releases everything; later calls reject. */
  close(): Promise<void>;
}
