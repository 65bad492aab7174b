import type { Effect, LockSpan, LockStrength } from '../effect.ts';
import type { TemplateValue } from '../template.ts';
import { expressionsIn } from './expressions.ts';
import type { Expression } from './query.ts';

interface LockFunction {
  readonly kind: 'lock' | 'unlock' | 'unlock all';
  readonly strength: LockStrength;
  readonly until: LockSpan;
  readonly isTry: boolean;
  /** How many of the arguments name the lock: the others are time-outs. */
  readonly names: number;
}

const taking = {
  kind: 'lock',
  strength: 'exclusive',
  until: 'session',
  isTry: false,
  names: 2,
} as const;
const releasing = { ...taking, kind: 'unlock' } as const;

/** Functions that take and release locks, of PostgreSQL, MySQL and MariaDB. */
const LOCK_FUNCTIONS: ReadonlyMap<string, LockFunction> = new Map<string, LockFunction>([
  ['pg_advisory_lock', taking],
  ['pg_advisory_lock_shared', { ...taking, strength: 'shared' }],
  ['pg_advisory_xact_lock', { ...taking, until: 'transaction' }],
  ['pg_advisory_xact_lock_shared', { ...taking, until: 'transaction', strength: 'shared' }],
  ['pg_try_advisory_lock', { ...taking, isTry: true }],
  ['pg_try_advisory_lock_shared', { ...taking, isTry: true, strength: 'shared' }],
  ['pg_try_advisory_xact_lock', { ...taking, until: 'transaction', isTry: true }],
  [
    'pg_try_advisory_xact_lock_shared',
    { ...taking, until: 'transaction', isTry: true, strength: 'shared' },
  ],
  ['pg_advisory_unlock', releasing],
  ['pg_advisory_unlock_shared', { ...releasing, strength: 'shared' }],
  ['pg_advisory_unlock_all', { ...releasing, kind: 'unlock all' }],
  ['get_lock', { ...taking, isTry: true, names: 1 }],
  ['release_lock', { ...releasing, names: 1 }],
  ['release_all_locks', { ...releasing, kind: 'unlock all' }],
]);

/** Locks that expressions take or release. */
export function lockEffects(expressions: readonly Expression[]): Effect<TemplateValue>[] {
  const effects: Effect<TemplateValue>[] = [];
  for (const expression of expressionsIn(expressions)) {
    const known = expression.kind === 'call' ? LOCK_FUNCTIONS.get(expression.name) : undefined;
    if (known === undefined || expression.kind !== 'call') continue;
    const { kind, strength, until, isTry } = known;
    const name = lockName(expression.parts.slice(0, known.names));
    if (kind === 'lock') effects.push({ kind, what: 'advisory', name, strength, until, isTry });
    else {
      const all = kind === 'unlock all';
      effects.push({ kind: 'unlock', what: 'advisory', name: all ? null : name, all });
    }
  }
  return effects;
}

/** The name of a lock: its arguments, with the functions that made them. */
function lockName(parts: readonly Expression[]): TemplateValue {
  const texts = parts.flatMap((part, at) => [at === 0 ? '' : ',', nameOf(part)]);
  return texts.includes(null) ? null : { join: texts.filter((text) => text !== '') };
}

function nameOf(part: Expression): TemplateValue {
  if (part.kind === 'value') return part.value;
  const [only] = part.kind === 'call' && part.parts.length === 1 ? part.parts : [];
  if (part.kind !== 'call' || only?.kind !== 'value') return null;
  return { join: [`${part.name}(`, only.value, ')'] };
}
