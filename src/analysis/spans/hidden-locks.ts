import type { Effect, LockEffect, WriteEffect } from '../statements/effect.ts';
import type { StatementEnd } from './failure.ts';

interface LockingStep {
  readonly fromNs: bigint;
  readonly end: StatementEnd;
  readonly effects: readonly Effect[];
}

/**
 * The steps of a request, where a SET whose arguments are hidden is an attempt to lock: of a key that a script of
 * the request gives up, or that a hidden script is given later and that was set as locks are.
 */
export function withLocks<Step extends LockingStep>(steps: readonly Step[]): Step[] {
  const sure = new Set<string>();
  const perhapsUntilNs = new Map<string, bigint>();
  for (const { effects, end, fromNs } of steps) {
    for (const effect of effects) {
      if (effect.kind === 'unlock' && effect.what === 'key' && effect.name !== null) {
        sure.add(effect.name);
      }
      if (effect.kind !== 'write' || effect.perhaps !== 'unlock' || end !== 'done') continue;
      const key = keyOfWrite(effect);
      if (key !== null && (perhapsUntilNs.get(key) ?? fromNs) <= fromNs) {
        perhapsUntilNs.set(key, fromNs);
      }
    }
  }
  if (sure.size === 0 && perhapsUntilNs.size === 0) return [...steps];
  const lockOf = (effect: Effect, fromNs: bigint): Effect => {
    const key = effect.kind === 'write' && effect.columns === null ? keyOfWrite(effect) : null;
    if (key === null || effect.kind !== 'write') return effect;
    const untilNs = effect.perhaps === 'lock' ? perhapsUntilNs.get(key) : undefined;
    const isAttempt = sure.has(key) || (untilNs !== undefined && fromNs <= untilNs);
    return isAttempt ? attemptAt(key) : effect;
  };
  return steps.map((step) => ({
    ...step,
    effects: step.effects.map((effect) => lockOf(effect, step.fromNs)),
  }));
}

/** The key of a store of plain keys that is written; null when it is hidden. */
export function keyOfWrite({ rows }: WriteEffect): string | null {
  return rows?.equals[0]?.[0]?.value ?? null;
}

function attemptAt(name: string): LockEffect {
  const how = { strength: 'exclusive', until: 'release', isTry: true } as const;
  return { kind: 'lock', what: 'key', name, ...how };
}
