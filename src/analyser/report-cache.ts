import type { TraceReport } from '../analysis/trace-report.ts';
import type { MadeOfTraces } from './group-freshness.ts';

/** A report, and what it was made of. */
export interface KeptReport extends MadeOfTraces {
  readonly report: TraceReport;
  /** A text of the races that it names. */
  readonly racesText: string;
}

/** Nearly all bytes of a report are in texts of a byte a character. */
function bytesOf({ report, traces, racesText }: KeptReport): number {
  let bytes = racesText.length + report.analysis.length + report.timeline.length;
  bytes += report.criticalPath.length + report.dependencies.length;
  bytes += report.timelineEvents.ids.byteLength * 2;
  for (const text of report.auditTrails.values()) bytes += text.length;
  for (const { spans } of traces.values()) {
    bytes += ((spans?.own.length ?? 0) + (spans?.missing.length ?? 0)) * SPAN_BYTES;
  }
  return bytes;
}

/** A span id with its place in a list. */
const SPAN_BYTES = 40;

/** Keeps the reports that were made last, within a number of bytes; one report in any case. */
export class ReportCache {
  readonly #bytesMax: number;
  readonly #reports = new Map<string, KeptReport & { readonly bytes: number }>();
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get(traceId: string): KeptReport | null {
    const kept = this.#reports.get(traceId);
    if (kept === undefined) return null;
    // The one asked for least recently goes first.
    this.#reports.delete(traceId);
    this.#reports.set(traceId, kept);
    return kept;
  }

  keep(traceId: string, kept: KeptReport): void {
    this.forget(traceId);
    const bytes = bytesOf(kept);
    this.#reports.set(traceId, { ...kept, bytes });
    this.#bytes += bytes;
    for (const oldest of this.#reports.keys()) {
      if (this.#bytes <= this.#bytesMax || this.#reports.size === 1) break;
      this.forget(oldest);
    }
  }

  forget(traceId: string): void {
    this.#bytes -= this.#reports.get(traceId)?.bytes ?? 0;
    this.#reports.delete(traceId);
  }
}
