import type { EventRecord } from '../event/event.ts';
import { functionStep } from '../event/function-step.ts';
import { operationOf } from '../event/operation.ts';
import { shortened } from '../event/shortened.ts';
import { numberOf } from '../json.ts';
import { limits } from '../limits.ts';

type Members = Readonly<Record<string, unknown>>;

/** Kinds that are named without a detail. */
const plainKinds = new Set([
  'AsyncSpawn',
  'AsyncAwait',
  'MemoryFence',
  'DatabaseQuery',
  'DatabaseResult',
]);

/** What clients show as the kind of a span: `FunctionCall(load)`, `HttpResponse(200)` … */
export function spanLabel(event: EventRecord, payload: Members): string {
  const { kind } = event;
  const step = functionStep(kind, event.operation);
  if (step !== null) return named(`FunctionCall(${step.name})`);
  if (plainKinds.has(kind)) return kind;
  return named(`${kind}(${detailOf(kind, payload)})`);
}

function detailOf(kind: EventRecord['kind'], payload: Members): string {
  switch (kind) {
    case 'HttpRequest':
      return String(payload['method']);
    case 'HttpResponse':
      return String(numberOf(payload['status']));
    case 'LockAcquire':
    case 'LockRelease':
      return String(payload['lock_type']);
    default:
      return operationOf(kind, payload);
  }
}

/** Where a span is in the code, or what it went to; `unknown` when it does not say. */
export function spanLocation({ kind }: EventRecord, payload: Members): string {
  switch (kind) {
    case 'FunctionCall':
    case 'FunctionReturn':
      return payload['file'] === undefined
        ? 'unknown'
        : named(
            `${payload['file']}:${numberOf(payload['line']) ?? 0} (${payload['function_name']})`,
          );
    case 'HttpRequest':
      return named(String(payload['url']));
    case 'DatabaseQuery':
      return named(String(payload['database']));
    default:
      return typeof payload['location'] === 'string' ? named(payload['location']) : 'unknown';
  }
}

function named(text: string): string {
  return shortened(text, limits.nameCharacters);
}
