import type { TraceEvent } from '../../domain/event/event.ts';
import type { PairScope } from '../../domain/findings/finding.ts';
import type { VariableScope } from '../../domain/findings/footprint.ts';

/** A name with a store in front, as in `db:accounts.7`; `module::name` has none. */
const STORE_PREFIX = /^[A-Za-z][\w.+-]*:(?!:)/;

const UUIDS = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;
const DIGIT_RUNS = /\d+/g;
/** A column and its value in the name of a row: `[email=a@b.c]`, `[id=7,kind="a, b"]`. */
const ROW_VALUE = /([^=\],]*)(=(?:"(?:[^"\\]|\\.)*"|[^\],"]*))?([,\]])/y;

/** `tags.scope` decides, else a name with a prefix is shared. */
export function scopeOf(event: TraceEvent, variable: string): VariableScope {
  const scope = event.metadata.tags?.['scope'];
  if (scope === 'global' || scope === 'shared' || scope === 'process') return scope;
  return STORE_PREFIX.test(variable) ? 'shared' : 'plain';
}

/**
 * Whether two accesses of one name may meet, and in what scope; null when one of them is in a
 * process's own memory and the other in another process, or they are in two environments.
 *
 * @param sameProcess both happened in the same (service, instance)
 */
export function pairScope(a: Placed, b: Placed, sameProcess: boolean): PairScope | null {
  const isOneWorld = a.scope === 'global' && b.scope === 'global';
  if (a.environment !== b.environment && !isOneWorld) return null;
  if (isShared(a.scope) && isShared(b.scope)) return 'shared';
  if (sameProcess) return isShared(a.scope) || isShared(b.scope) ? 'shared' : 'process';
  return a.scope === 'process' || b.scope === 'process' ? null : 'unknown';
}

/** What an access says of where its variable lives. */
type Placed = { readonly scope: VariableScope; readonly environment: string };

/** Whether an access says itself that its variable is one for all processes. */
export function isShared(scope: VariableScope): boolean {
  return scope === 'shared' || scope === 'global';
}

/** A variable's name with UUIDs, runs of digits and values of rows as `*`, so that one bug is one line. */
export function variablePattern(variable: string): string {
  return withoutRowValues(variable).replace(UUIDS, '*').replace(DIGIT_RUNS, '*');
}

/** The name of a row of a database without the values by which it is known. */
function withoutRowValues(variable: string): string {
  const open = variable.indexOf('[') + 1;
  if (open === 0 || !variable.startsWith('db:')) return variable;
  let pattern = variable.slice(0, open);
  for (ROW_VALUE.lastIndex = open; ; ) {
    const from = ROW_VALUE.lastIndex;
    const [whole, column = '', value, end = ''] = ROW_VALUE.exec(variable) ?? [];
    if (whole === undefined) return pattern + variable.slice(from);
    pattern += column + (value === undefined ? '' : '=*') + end;
    if (end === ']') return pattern + variable.slice(ROW_VALUE.lastIndex);
  }
}
