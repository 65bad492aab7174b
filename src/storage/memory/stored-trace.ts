import type { EventRecord } from '../../domain/event.ts';
import { mergeSummaries, summarise, type TraceSummary } from '../../domain/trace.ts';
import { TraceLog } from './trace-log.ts';

/**
 * What a trace takes besides its events: summary, log object, places in maps and in the list.
 * Measured with 100,000 traces of SDK traffic (bench/memory.ts).
 */
const TRACE_BYTES = 1600;
/** What an event takes besides its texts, index entry included. */
const EVENT_BYTES = 64;

/** One trace in memory. */
export class StoredTrace {
  readonly log = new TraceLog();
  summary: TraceSummary;
  /** The write that changed the trace last. */
  writtenAt = 0;

  constructor(events: readonly EventRecord[], receivedNs: bigint) {
    this.summary = summarise(events, receivedNs);
    this.log.append(events);
  }

  get bytes(): number {
    const texts = this.summary.services.length * 64 + this.summary.traceId.length * 2;
    return TRACE_BYTES + texts + this.log.bytes;
  }

  /** Adds events that the trace does not have. */
  append(events: readonly EventRecord[], receivedNs: bigint): void {
    this.summary = mergeSummaries(this.summary, summarise(events, receivedNs));
    this.log.append(events);
  }

  /** At most what events of one trace can add to the bytes in use. */
  static bytesNeeded(events: Iterable<EventRecord>): number {
    let bytes = TRACE_BYTES;
    for (const event of events) {
      const { payload, metadata, vector, lockSet, extra, operation } = event;
      for (const text of [payload, metadata, vector, lockSet, extra, operation]) {
        bytes += text.length;
      }
      bytes += EVENT_BYTES;
    }
    return bytes;
  }
}
