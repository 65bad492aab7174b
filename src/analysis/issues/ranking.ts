import {
  type Evidence,
  evidenceLevels,
  type Locking,
  lockings,
  type Pattern,
  patterns,
  type ValueEffect,
  valueEffects,
} from '../../domain/finding.ts';
import type { AccessSite } from '../../domain/footprint.ts';
import { isWrite } from '../accesses/accesses.ts';

/** What findings are ranked by, most important first. */
export interface Rank {
  /** Nobody knows whether both sites meet the same variable. */
  readonly isScopeUnknown: boolean;
  readonly evidence: Evidence;
  readonly pattern: Pattern;
  readonly locking: Locking;
  readonly valueEffect: ValueEffect;
  /** Event pairs or trace pairs behind the finding. */
  readonly count: number;
}

/** Sorts the finding that deserves a look first to the front (docs/analysis.md, "Ranking"); 0 when all is equal. */
export function compareRanks(a: Rank, b: Rank): number {
  return (
    Number(isDoubtful(a)) - Number(isDoubtful(b)) ||
    proof(b) - proof(a) ||
    patterns.indexOf(a.pattern) - patterns.indexOf(b.pattern) ||
    lockings.indexOf(a.locking) - lockings.indexOf(b.locking) ||
    valueEffects.indexOf(a.valueEffect) - valueEffects.indexOf(b.valueEffect) ||
    b.count - a.count
  );
}

/** Proven is proven: whether over one variable (E3) or several (E4). */
function proof({ evidence }: Rank): number {
  return evidenceLevels.indexOf(evidence === 'E4' ? 'E3' : evidence);
}

/** A finding of unknown scope ranks last unless values prove it. */
function isDoubtful({ isScopeUnknown, evidence }: Rank): boolean {
  return isScopeUnknown && evidence !== 'E3' && evidence !== 'E4';
}

/** How two sites use locks; for a pair that can race, so that no lock keeps them apart. */
export function lockingOf(a: AccessSite, b: AccessSite): Locking {
  const locked = [a, b].filter(({ locks }) => locks.length > 0);
  const [site, other] = locked;
  if (site === undefined) return 'none';
  const isReader = other === undefined && !isWrite(site);
  return isReader ? 'reader_only' : 'inconsistent';
}
