import type { KindName } from '../event/event-kind.ts';
import { functionStep } from '../event/function-step.ts';
import { namedOperation, requestOperation, statementOperation } from '../event/operation.ts';
import { numberOf } from '../json.ts';
import type { TimedEvent } from './timed-event.ts';

/** What durations are compared within. Errors are faster or slower than what works. */
export interface LatencyKey {
  readonly service: string;
  readonly kind: KindName;
  readonly operation: string;
  readonly status: 'ok' | 'error';
}

/** One duration, ready to be judged and learnt. */
export interface LatencySpan extends TimedEvent {
  readonly key: LatencyKey;
  /** {@link key} as one text. */
  readonly keyText: string;
  /** The hour in which the step began, counted since 1970; never after the hour it was received. */
  readonly hour: number;
}

/** Operation of a response whose request is not known. */
const UNKNOWN = 'unknown';
const HOUR_NS = 3_600_000_000_000n;

/**
 * @param request operation of the request that an `HttpResponse` answers; null when it is not known
 * @param receivedNs when the server received the event: a clock in the future does not count
 */
export function latencySpan(
  timed: TimedEvent,
  request: string | null,
  receivedNs: bigint,
): LatencySpan {
  const { event, startNs } = timed;
  const key: LatencyKey = {
    service: event.service,
    // Both ends of a function are one operation, whichever says how long it took.
    kind: event.kind === 'FunctionReturn' ? 'FunctionCall' : event.kind,
    operation: operationOf(timed, request),
    status: statusOf(timed),
  };
  const keyText = JSON.stringify([key.service, key.kind, key.operation, key.status]);
  return { ...timed, key, keyText, hour: hourOf(startNs < receivedNs ? startNs : receivedNs) };
}

/** The key of a {@link LatencySpan.keyText}. */
export function keyOf(keyText: string): LatencyKey {
  const [service, kind, operation, status] = JSON.parse(keyText) as [
    string,
    KindName,
    string,
    LatencyKey['status'],
  ];
  return { service, kind, operation, status };
}

/** The service in a {@link LatencySpan.keyText}. */
export function serviceOf(keyText: string): string {
  return (JSON.parse(keyText) as [string])[0];
}

/** The hour of an instant in nanoseconds since 1970, counted since 1970. */
export function hourOf(instantNs: bigint): number {
  return Number(instantNs / HOUR_NS);
}

function operationOf({ event, parts: { payload } }: TimedEvent, request: string | null): string {
  switch (event.kind) {
    case 'HttpResponse':
      return request ?? UNKNOWN;
    case 'HttpRequest':
      return requestOperation(String(payload['method']), String(payload['url']));
    case 'DatabaseQuery':
      return statementOperation(String(payload['query']));
    default:
      return namedOperation(functionStep(event.kind, event.operation)?.name ?? event.operation);
  }
}

/** Refusals (4xx) are errors here: they do less than what they refuse. */
function statusOf({ event, parts }: TimedEvent): LatencyKey['status'] {
  const status = event.kind === 'HttpResponse' ? numberOf(parts.payload['status']) : null;
  const isRefusal = (status ?? 0) >= 400;
  return event.isError || isRefusal ? 'error' : 'ok';
}
