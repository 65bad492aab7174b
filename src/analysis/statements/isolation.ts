import type { Isolation } from './effect.ts';

const levels: ReadonlyMap<string, Isolation> = new Map<string, Isolation>([
  ['read uncommitted', 'read uncommitted'],
  ['read committed', 'read committed'],
  ['repeatable read', 'repeatable read'],
  ['serializable', 'serializable'],
  ['snapshot', 'snapshot'],
]);

/** A level of isolation by its name, in any spelling: `REPEATABLE READ`, `repeatable-read`. */
export function isolationOf(name: string): Isolation | null {
  return (
    levels.get(
      name
        .toLowerCase()
        .replace(/[-_\s]+/g, ' ')
        .trim(),
    ) ?? null
  );
}
