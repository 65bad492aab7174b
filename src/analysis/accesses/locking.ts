import type { Locking } from '../../domain/findings/finding.ts';
import type { AccessSite } from '../../domain/findings/footprint.ts';
import { isWrite } from './accesses.ts';

/** How two sites use locks; for a pair that can race, so that no lock keeps them apart. */
export function lockingOf(a: AccessSite, b: AccessSite): Locking {
  const locked = [a, b].filter(({ locks }) => locks.length > 0);
  const [site, other] = locked;
  if (site === undefined) return 'none';
  const isReader = other === undefined && !isWrite(site);
  return isReader ? 'reader_only' : 'inconsistent';
}
