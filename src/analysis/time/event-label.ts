import type { TraceEvent } from '../../domain/event/event.ts';
import { functionStep } from '../../domain/event/function-step.ts';
import { operationOf } from '../../domain/event/operation.ts';

/** What a critical path calls a step; clients show it as it is. */
export function pathLabel({ kind, payload }: TraceEvent): string {
  switch (kind) {
    case 'FunctionCall':
      return `FunctionCall(${pathOperation({ kind, payload })})`;
    case 'StateChange':
      return `StateChange(${payload.variable})`;
    case 'HttpRequest':
      return `HttpRequest(${payload.method} ${payload.url})`;
    case 'AsyncSpawn':
    case 'DatabaseQuery':
      return kind;
    default:
      return 'Other';
  }
}

/** What a person would call a step; a function without what says which moment of it an event is. */
export function pathOperation({ kind, payload }: Pick<TraceEvent, 'kind' | 'payload'>): string {
  const operation = operationOf(kind, payload);
  return functionStep(kind, operation)?.name ?? operation;
}

/** Where a step was made, as critical paths say it. */
export function pathLocation({ kind, payload }: TraceEvent): string {
  switch (kind) {
    case 'FunctionCall':
      return payload.file === '' ? 'unknown' : `${payload.file}:${payload.line}`;
    case 'StateChange':
      return payload.location;
    case 'HttpRequest':
      return payload.url;
    default:
      return 'unknown';
  }
}
