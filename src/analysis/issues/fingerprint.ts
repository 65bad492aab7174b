import { createHash } from 'node:crypto';
import { FINGERPRINT_DIGITS, type PairScope } from '../../domain/findings/finding.ts';
import type { AccessSite, HeldLock } from '../../domain/findings/footprint.ts';
import { fnv1a } from '../../domain/fnv1a.ts';
import { variablePattern } from '../accesses/variables.ts';

/**
 * The name of a finding that stays the same over traces, restarts and instances: 16 hex digits.
 * Neither instance, id nor time takes part.
 */
export function fingerprint(
  scope: PairScope,
  variable: string,
  sites: readonly [AccessSite, AccessSite],
): string {
  const texts = [siteText(sites[0]), siteText(sites[1])] as const;
  return fingerprintOf(scope, variablePattern(variable), sites[0].service, texts);
}

/** The same, for those who have the parts already. */
export function fingerprintOf(
  scope: PairScope,
  pattern: string,
  service: string,
  [one, two]: readonly [string, string],
): string {
  const [first, second] = one <= two ? [one, two] : [two, one];
  const text = JSON.stringify([
    scope,
    scope === 'process' ? service : null,
    pattern,
    first,
    second,
  ]);
  return createHash('sha256').update(text).digest('hex').slice(0, FINGERPRINT_DIGITS);
}

/**
 * Tells issues apart that differ only in where their code ran: the fingerprint, and what names the
 * environments. Lists show it where an issue is of several environments, else the fingerprint alone.
 */
export function fingerprintIn(environments: readonly string[], fingerprint: string): string {
  const digest = fnv1a(JSON.stringify(environments)).toString(16).padStart(8, '0');
  return `${fingerprint}-${digest}`;
}

/**
 * The fingerprints that an issue may have had before: without environments, as all had once, and that of
 * a time when its code named none. What was said of those holds for it until somebody says more.
 */
export function formerFingerprints(fingerprint: string): readonly string[] {
  const common = fingerprint.slice(0, FINGERPRINT_DIGITS);
  return [common, fingerprintIn([''], common)].filter((former) => former !== fingerprint);
}

/** A text that sorts and tells sites apart. */
export function siteText({ service, location, access_type: type, locks }: AccessSite): string {
  const held = lockPatterns(locks).map(({ name, mode }) => [name, mode]);
  return JSON.stringify([service, location, type, held]);
}

/** Locks with ids in their names as `*`: else each row that is locked would make an issue of its own. */
export function lockPatterns(locks: readonly HeldLock[]): readonly HeldLock[] {
  if (locks.length === 0) return locks;
  const byText = new Map(
    locks.map(({ name, mode }) => {
      const lock = { name: variablePattern(name), mode };
      return [JSON.stringify([lock.name, mode]), lock];
    }),
  );
  return [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, lock]) => lock);
}
