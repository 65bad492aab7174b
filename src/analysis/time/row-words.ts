import type { TraceEvent } from '../../domain/event/event.ts';
import { budgets } from '../budgets.ts';
import { pathLocation, pathOperation } from './event-label.ts';

/** What somebody who looks at a step would call it: its route, statement, lock, variable or function. */
export function rowName({ kind, payload }: TraceEvent): string {
  if (kind === 'LockAcquire' || kind === 'LockRelease') return payload.lock_id;
  if (kind === 'DatabaseQuery') return payload.query.slice(0, budgets.locationCharacters);
  const name =
    kind === 'HttpRequest'
      ? `${payload.method} ${payload.url}`
      : pathOperation({ kind, payload } as TraceEvent);
  return name.slice(0, budgets.locationCharacters);
}

/** Where a step was made; empty where nobody told. */
export function rowPlace(event: TraceEvent): string {
  const { kind, payload } = event;
  if (kind === 'LockAcquire' || kind === 'LockRelease') return payload.location;
  if (kind !== 'FunctionCall' && kind !== 'StateChange') return '';
  if (kind === 'FunctionCall' && payload.file === '') return '';
  return pathLocation(event).slice(0, budgets.locationCharacters);
}
