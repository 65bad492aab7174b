import type { AccessKey } from './access-key.ts';
import { isExpired } from './access-key.ts';
import type { KeyUse } from './key-usage.ts';

const dayMs = 86_400_000;
/** How old a key may get before it should be replaced. */
export const keyAgeDaysMax = 90;
/** How long before its end a key is warned about. */
export const keyEndDaysMin = 14;

/** A key with its use and what speaks against it. */
export interface KeyReport {
  readonly key: AccessKey;
  readonly use: KeyUse;
  /** Whole sentences without their subject, the key. */
  readonly warnings: readonly string[];
}

/** What an operator should know of a key now. */
export function reportOn(key: AccessKey, use: KeyUse, nowMs: number): KeyReport {
  const warnings = [ageWarning(key, use, nowMs), endWarning(key, nowMs), key.weakness];
  return { key, use, warnings: warnings.filter((warning) => warning !== null) };
}

function ageWarning(key: AccessKey, use: KeyUse, nowMs: number): string | null {
  const bornAtMs = key.createdAtMs ?? use.firstSeenAtMs;
  if (bornAtMs === null || isExpired(key, nowMs)) return null;
  const days = Math.floor((nowMs - bornAtMs) / dayMs);
  return days < keyAgeDaysMax ? null : `is ${days} days old; rotate it`;
}

function endWarning(key: AccessKey, nowMs: number): string | null {
  const { expiresAtMs } = key;
  if (expiresAtMs === null) return null;
  const day = new Date(expiresAtMs).toISOString().slice(0, 10);
  if (isExpired(key, nowMs)) return `expired on ${day}; remove it`;
  const days = Math.ceil((expiresAtMs - nowMs) / dayMs);
  if (days > keyEndDaysMin) return null;
  return `expires in ${days === 1 ? 'a day or less' : `${days} days`}, on ${day}; make its successor`;
}
