import type { TraceEvent } from '../../domain/event/event.ts';
import type { PairScope } from '../../domain/finding.ts';
import type { VariableScope } from '../../domain/footprint.ts';

/** A name with a store in front, as in `db:accounts.7`; `module::name` has none. */
const STORE_PREFIX = /^[A-Za-z][\w.+-]*:(?!:)/;

const UUIDS = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;
const DIGIT_RUNS = /\d+/g;

/** `tags.scope` decides, else a name with a prefix is shared. */
export function scopeOf(event: TraceEvent, variable: string): VariableScope {
  const scope = event.metadata.tags?.['scope'];
  if (scope === 'shared' || scope === 'process') return scope;
  return STORE_PREFIX.test(variable) ? 'shared' : 'plain';
}

/**
 * Whether two accesses of one name may meet, and in what scope. Null: one of them is in a process's
 * own memory, and the other is in another process.
 *
 * @param sameProcess both happened in the same (service, instance)
 */
export function pairScope(
  a: VariableScope,
  b: VariableScope,
  sameProcess: boolean,
): PairScope | null {
  if (a === 'shared' && b === 'shared') return 'shared';
  if (sameProcess) return a === 'shared' || b === 'shared' ? 'shared' : 'process';
  return a === 'process' || b === 'process' ? null : 'unknown';
}

/** A variable's name with UUIDs and runs of digits as `*`, so that one bug is one line. */
export function variablePattern(variable: string): string {
  return variable.replace(UUIDS, '*').replace(DIGIT_RUNS, '*');
}
