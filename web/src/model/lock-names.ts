import type { Site } from '../api/types.ts';

/** Names of locks that are held, the weaker ones marked. */
export function lockNames(site: {
  readonly locks: readonly Pick<Site['locks'][number], 'name' | 'mode'>[];
}): string[] {
  return site.locks.map(({ name, mode }) => (mode === 'read' ? `${name} (read)` : name));
}
