import type { Metadata } from '../event/event.ts';
import type { EventParts } from '../event/event-parts.ts';
import { requestOperation } from '../event/operation.ts';

/**
 * Names the strand of an event inside its trace: one thread of one span. A response has the same
 * strand as its request. Members that are missing count as empty.
 */
export function strandOf(metadata: Metadata): string {
  const { service_name, instance_id, distributed_span_id, thread_id } = metadata;
  return [service_name, instance_id ?? '', distributed_span_id ?? '', thread_id].join('\x1f');
}

/** Two clocks make the last digits of one SDK's timestamps: a request may be stamped this later. */
export const REQUEST_TOLERANCE_NS = 1_000_000n;

/**
 * Whether a response of the same strand may answer a request: it is not later. Of several the last
 * is the one that is answered.
 */
export function isAnswered(
  request: { readonly timestampNs: bigint },
  response: { readonly timestampNs: bigint },
): boolean {
  return request.timestampNs < response.timestampNs + REQUEST_TOLERANCE_NS;
}

/** The operation of an `HttpRequest`. */
export function operationOfRequest(payload: EventParts['payload']): string {
  return requestOperation(String(payload['method']), String(payload['url']));
}
