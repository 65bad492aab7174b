import { createHash } from 'node:crypto';
import type { PairScope } from '../domain/finding.ts';
import type { AccessSite } from '../domain/footprint.ts';
import { variablePattern } from './variables.ts';

const FINGERPRINT_DIGITS = 16;

/**
 * The name of a finding that stays the same over traces, restarts and instances: 16 hex digits.
 * Neither instance, id nor time takes part.
 */
export function fingerprint(
  scope: PairScope,
  variable: string,
  sites: readonly [AccessSite, AccessSite],
): string {
  const [first, second] = sites.map(siteText).sort();
  const service = scope === 'process' ? sites[0].service : null;
  const text = JSON.stringify([scope, service, variablePattern(variable), first, second]);
  return createHash('sha256').update(text).digest('hex').slice(0, FINGERPRINT_DIGITS);
}

/** A text that sorts and tells sites apart. */
export function siteText({ service, location, access_type: type, locks }: AccessSite): string {
  const held = locks.map(({ name, mode }) => [name, mode]);
  return JSON.stringify([service, location, type, held]);
}
