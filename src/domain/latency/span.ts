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
 * @param keys those of the spans around it
 */
export function latencySpan(
  timed: TimedEvent,
  request: string | null,
  receivedNs: bigint,
  keys: LatencyKeys,
): LatencySpan {
  const { event, parts, durationMs, startNs } = timed;
  const hour = hourOf(startNs < receivedNs ? startNs : receivedNs);
  // Both ends of a function are one operation, whichever says how long it took.
  const kind = event.kind === 'FunctionReturn' ? 'FunctionCall' : event.kind;
  const { key, keyText } = keys.of(
    event.service,
    kind,
    operationOf(timed, request),
    statusOf(timed),
  );
  return { event, parts, durationMs, startNs, key, keyText, hour };
}

/** Keys that were met last are compared with; the spans of an append have few. */
const RECENT_KEYS = 16;

/** Keys of spans, with their texts. Those that are met again are not made again. */
export class LatencyKeys {
  readonly #recent: { readonly key: LatencyKey; readonly keyText: string }[] = [];
  #next = 0;

  of(
    service: string,
    kind: KindName,
    operation: string,
    status: LatencyKey['status'],
  ): { readonly key: LatencyKey; readonly keyText: string } {
    for (const known of this.#recent) {
      const { key } = known;
      const isSame = key.operation === operation && key.service === service;
      if (isSame && key.kind === kind && key.status === status) return known;
    }
    const keyText = JSON.stringify([service, kind, operation, status]);
    const made = { key: { service, kind, operation, status }, keyText };
    this.#recent[this.#next] = made;
    this.#next = (this.#next + 1) % RECENT_KEYS;
    return made;
  }
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

/** The last instant of an hour that {@link hourOf} gives. */
export function endOfHour(hour: number): bigint {
  return BigInt(hour + 1) * HOUR_NS - 1n;
}

function operationOf({ event, parts }: TimedEvent, request: string | null): string {
  if (event.kind === 'HttpResponse') return request ?? UNKNOWN;
  const told = event.facts?.duration?.operation;
  if (told !== undefined) return told;
  const { payload } = parts();
  switch (event.kind) {
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
  if (event.isError) return 'error';
  if (event.kind !== 'HttpResponse') return 'ok';
  const told = event.facts?.duration;
  return (told?.status ?? numberOf(parts().payload['status']) ?? 0) >= 400 ? 'error' : 'ok';
}
