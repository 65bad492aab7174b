import type { TraceEvent } from '../../domain/event/event.ts';
import { memberIn } from '../../domain/json-members.ts';
import type { RequestSpans } from './requests.ts';

/**
 * The requests that marks were made in. A mark names its span alone, and that may come late or never: what its
 * service did in the trace is one strand then, so that no order and no lock is taken for missing.
 */
export class MarkHomes {
  readonly #bySpan = new Map<string, string>();
  readonly #byService = new Map<string, Set<string>>();

  /** Learns the requests of a trace. */
  add(traceId: string, requests: readonly RequestSpans[]): void {
    for (const { entry, spans } of requests) {
      for (const { spanId } of spans) this.#bySpan.set(`${traceId} ${spanId}`, entry.spanId);
      const service = serviceOf(entry.event);
      const known = this.#byService.get(service);
      if (known === undefined) this.#byService.set(service, new Set([entry.spanId]));
      else known.add(entry.spanId);
    }
  }

  /** The span id of the request that a mark belongs to; '' when it is not there. */
  homeOf(mark: TraceEvent): string {
    const own = this.#bySpan.get(`${mark.traceId} ${String(memberIn(mark.otel, 'span_id'))}`);
    if (own !== undefined) return own;
    const [only, ...others] = this.#byService.get(serviceOf(mark)) ?? [];
    return only === undefined || others.length > 0 ? '' : only;
  }
}

function serviceOf({ traceId, metadata }: TraceEvent): string {
  return JSON.stringify([traceId, metadata.service_name, metadata.instance_id ?? null]);
}
