import type { TraceEvent } from '../../domain/event/event.ts';

/** What a critical path calls a step; clients show it as it is. */
export function pathLabel({ kind, payload }: TraceEvent): string {
  switch (kind) {
    case 'FunctionCall':
      return `FunctionCall(${payload.function_name})`;
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

/** Where a step was made, as critical paths say it. */
export function pathLocation({ kind, payload }: TraceEvent): string {
  switch (kind) {
    case 'FunctionCall':
      return `${payload.file}:${payload.line}`;
    case 'StateChange':
      return payload.location;
    case 'HttpRequest':
      return payload.url;
    default:
      return 'unknown';
  }
}
