import { createHash } from 'node:crypto';
import { compareCodePoints } from '../domain/code-points.ts';

/** Characters of a name that stand in its key as they are. */
export const NAME_KEY_CHARACTERS = 128;

/**
 * The name of a service or variable as far as it fits an index entry; of a long one the beginning and a
 * hash. Lists that are ordered by name are ordered by this, in every storage.
 */
export function nameKey(name: string): string {
  if (name.length <= NAME_KEY_CHARACTERS) return name;
  const beginning = [...name].slice(0, NAME_KEY_CHARACTERS).join('');
  return beginning + createHash('sha256').update(name).digest('hex');
}

/** The order of two names by the code points of their keys. */
export function compareNames(a: string, b: string): number {
  return compareCodePoints(nameKey(a), nameKey(b));
}
