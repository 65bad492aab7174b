import { createHash } from 'node:crypto';
import { budgets } from '../budgets.ts';
import { isSdkLocation } from './sdk-location.ts';

const DIGEST_DIGITS = 16;

/**
 * A place in the code, as sites and witnesses name it: the text that was sent. Of a text that is
 * too long for any name of a place, its beginning and a digest.
 */
export function siteLocation(location: string): string {
  if (location.length <= budgets.locationCharacters) return location;
  const digest = createHash('sha256').update(location).digest('hex').slice(0, DIGEST_DIGITS);
  return `${location.slice(0, budgets.locationCharacters).toWellFormed()}… (cut, #${digest})`;
}

/**
 * A place in the code that tells who made an access. Where an SDK recorded it, that is the request
 * which was answered: every access of a service comes from the same line of the SDK.
 */
export function sitePlace(location: string, operation: () => string | null): string {
  return siteLocation(isSdkLocation(location) ? (operation() ?? location) : location);
}
