import {
  type EventRecord,
  type EventSender,
  eventCharacters,
} from '../../../domain/event/event.ts';
import { type KnownRequest, storedUserAgent } from '../../../domain/exclusion.ts';
import { parseJson } from '../../../domain/json.ts';
import { memberIn } from '../../../domain/json-members.ts';
import { CALL_SEARCH_EVENTS, functionKinds } from '../../../domain/latency/returned-calls.ts';
import { hourOf } from '../../../domain/latency/span.ts';
import type { OpenStep } from '../../../domain/latency/spans-of-append.ts';
import {
  type LatencyVerdict,
  mergeTraceLatency,
  nothingTold,
  type TraceLatency,
} from '../../../domain/latency/verdict.ts';
import { hasTag, type Tag } from '../../../domain/trace/tag.ts';
import { mergeSummaries, summarise, type TraceSummary } from '../../../domain/trace/trace.ts';
import { mergeKeyNames } from '../../key-names.ts';
import { bytesOfInterned, type Interned } from '../bytes/interned.ts';
import type { SlotStore } from '../bytes/slot-store.ts';
import { TRACE_BYTES as DERIVED_BYTES } from '../derived/derived-trace.ts';
import { TraceLog, UNPACKED_BYTES } from './trace-log.ts';
import { TraceRequests } from './trace-requests.ts';

/**
 * What a trace takes on the heap besides its events: summary, log object, places in maps and in the
 * list. Measured with 5,000 traces of SDK traffic, and a fifth more for what waits to be collected.
 * A test holds what is counted to what is taken.
 */
const TRACE_BYTES = 1472;
/** The same of a new one at most: two texts for its id, a service, and what is to be derived. */
const NEW_TRACE_BYTES = TRACE_BYTES + UNPACKED_BYTES + DERIVED_BYTES + 2 * bytesOfInterned(0) + 256;
/** What the name of a service or environment takes in the list of a trace besides its characters. */
const NAME_BYTES = 16;
/** What an event takes besides its texts, index entry included. */
const EVENT_BYTES = 64;
/** What a verdict takes besides its texts. */
const VERDICT_BYTES = 640;
/** What is kept of an append after the first, with the room that its list leaves for others. */
const ARRIVAL_BYTES = 48;
/** What the name of a key takes; its text is that of the configuration. */
const KEY_NAME_BYTES = 64;

/** Events that a trace does not have, and what goes with them. */
export interface TraceAddition {
  readonly events: readonly EventRecord[];
  readonly receivedNs: bigint;
  readonly latency: TraceLatency;
  /** Names of the keys that they were sent with. */
  readonly keyNames: readonly string[];
}

/** One trace in memory. */
export class StoredTrace {
  readonly log: TraceLog;
  /** For each append where it ends in the log, and the hour in which it was received. */
  readonly #arrivals: number[];
  /** Made when a response asks for them. */
  #requests: TraceRequests | null = null;
  summary: TraceSummary;
  /** When its last event was received. */
  receivedNs: bigint;
  /** What was told of its spans. */
  latency: TraceLatency = nothingTold;
  /** The service that sent its first event. */
  readonly service: string;
  /** Its place among all traces by when they were written, see {@link EvictionOrder}. */
  orderedAt = 0;
  /** Names of the keys that wrote to it. */
  keyNames: readonly string[];
  #verdictBytes = 0;
  /** The write that changed the trace last. */
  writtenAt = 0;
  /** Its place in the columns of the list; null while it has none. */
  slot: number | null = null;
  /** What it was counted with when the bytes of all traces were summed last. */
  countedBytes = 0;

  /**
   * @param slots where its events are when they are packed
   * @param senders of the events of all traces
   */
  constructor(
    { events, receivedNs, latency, keyNames }: TraceAddition,
    slots: SlotStore,
    senders: Interned<EventSender>,
  ) {
    this.log = new TraceLog(slots, senders);
    this.service = events[0]?.service ?? '';
    this.keyNames = keyNames;
    this.receivedNs = receivedNs;
    this.summary = summarise(events, receivedNs, latency.anomalyCount);
    this.#tell(latency);
    this.log.append(events);
    this.#arrivals = [this.log.end, hourOf(receivedNs)];
  }

  get bytes(): number {
    const { services, environments, traceId } = this.summary;
    const texts = (services.length + environments.length) * 64 + traceId.length * 2;
    const keys = this.keyNames.length * KEY_NAME_BYTES;
    const requests = this.#requests?.bytes ?? 0;
    const arrivals = ((this.#arrivals.length - 2) / 2) * ARRIVAL_BYTES;
    return TRACE_BYTES + texts + keys + this.log.bytes + requests + arrivals + this.#verdictBytes;
  }

  /** The requests among its events, which must not be packed. */
  get requests(): TraceRequests {
    if (this.#requests === null) {
      this.#requests = new TraceRequests();
      this.#requests.add(this.log.readAll(this.summary.traceId, 'HttpRequest'));
    }
    return this.#requests;
  }

  /**
   * The request that a step is part of; the events must not be packed.
   *
   * @param withUserAgent whether the request is read for that
   */
  requestOf(step: OpenStep, withUserAgent: boolean): KnownRequest | null {
    const place = this.requests.find(step);
    if (place === null) return null;
    const { id, operation } = place;
    if (!withUserAgent) return { operation, userAgent: null };
    const requests = this.log.readAll(this.summary.traceId, 'HttpRequest');
    const request = requests.find((event) => event.id === id);
    const headers =
      request === undefined ? null : memberIn(parseJson(request.payload).value, 'headers');
    return { operation, userAgent: storedUserAgent(headers, request?.extra ?? '') };
  }

  /** Calls and returns among the events that were stored last; they must not be packed. */
  recentFunctions(): EventRecord[] {
    return this.log.readLast(this.summary.traceId, functionKinds, CALL_SEARCH_EVENTS);
  }

  /** Leaves a quarter of the bytes of its events, see {@link TraceLog}. */
  pack(packed: Uint8Array): void {
    this.log.pack(packed);
    this.#requests = null;
  }

  append({ events, receivedNs, latency, keyNames }: TraceAddition): void {
    if (receivedNs > this.receivedNs) this.receivedNs = receivedNs;
    this.keyNames = mergeKeyNames(this.keyNames, keyNames);
    const added = summarise(events, receivedNs, latency.anomalyCount);
    this.summary = mergeSummaries(this.summary, added);
    this.#tell(latency);
    this.log.append(events);
    this.#arrivals.push(this.log.end, hourOf(receivedNs));
    this.#requests?.add(events);
  }

  /** Its events append by append, in the order of arrival; they must not be packed. */
  *arrivals(): Generator<{ readonly events: EventRecord[]; readonly hour: number }> {
    const offsets = this.log.offsets(0);
    let place = 0;
    for (let at = 0; at < this.#arrivals.length; at += 2) {
      const [end = 0, hour = 0] = this.#arrivals.slice(at, at + 2);
      const events: EventRecord[] = [];
      for (; (offsets[place] ?? end) < end; place += 1) {
        events.push(this.log.read(this.summary.traceId, offsets[place] as number));
      }
      yield { events, hour };
    }
  }

  /** Whether it has each of these tags on one event or another. */
  hasTags(tags: readonly Tag[]): boolean {
    const missing = new Set(tags);
    if (missing.size === 0) return true;
    for (const offset of this.log.offsets(0)) {
      const { metadata } = this.log.read(this.summary.traceId, offset);
      for (const tag of missing) if (hasTag(metadata, tag)) missing.delete(tag);
      if (missing.size === 0) return true;
    }
    return false;
  }

  /** Changes with its events, and is that of no trace before. */
  get revision(): string {
    return `${this.writtenAt} ${this.log.count}`;
  }

  /** What it may take more when it gets events, besides what these take. */
  get growthBytes(): number {
    const names = [...this.summary.services, ...this.summary.environments];
    const others = this.log.growthBytes + ARRIVAL_BYTES;
    return names.reduce((sum, name) => sum + 2 * name.length + NAME_BYTES, others);
  }

  /** At most what events of one trace can add to the bytes in use. */
  static bytesNeeded(
    events: readonly EventRecord[],
    latency: TraceLatency,
    keyNames: readonly string[],
  ): number {
    let bytes = NEW_TRACE_BYTES + verdictBytes(latency.verdicts) + keyNames.length * KEY_NAME_BYTES;
    let sender: EventSender | null = null;
    for (const event of events) {
      const { operation, service, source } = event;
      if (source === undefined) bytes += eventCharacters(event);
      else {
        bytes += source.end - source.start;
        if (source.sender !== sender) bytes += bytesOfInterned(source.sender.key.length);
        sender = source.sender;
      }
      bytes += 3 * operation.length + EVENT_BYTES + TraceRequests.bytesNeeded(event);
      bytes += 2 * service.length + NAME_BYTES;
    }
    return bytes;
  }

  #tell(latency: TraceLatency): void {
    this.latency = mergeTraceLatency(this.latency, latency);
    this.#verdictBytes += verdictBytes(latency.verdicts);
  }
}

function verdictBytes(verdicts: readonly LatencyVerdict[]): number {
  let bytes = 0;
  for (const { label, location, key } of verdicts) {
    const texts = [label, location, key.operation, key.service];
    bytes += VERDICT_BYTES + 2 * texts.reduce((sum, text) => sum + text.length, 0);
  }
  return bytes;
}

/** By trace id, see {@link StoredTrace.revision}. */
export function revisionsOf(traces: readonly StoredTrace[]): ReadonlyMap<string, string> {
  return new Map(traces.map((trace) => [trace.summary.traceId, trace.revision]));
}
