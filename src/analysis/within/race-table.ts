import type { PairScope } from '../../domain/findings/finding.ts';
import type { Signature } from '../accesses/accesses.ts';
import { budgets } from '../budgets.ts';
import { PairInterner } from '../order/interner.ts';

/** Racing accesses with two signatures of one variable, as they are found; events are given by number. */
export interface FoundRaces {
  readonly earlierSignature: number;
  readonly laterSignature: number;
  /** Two accesses that show them; `earlier` comes first in the topological sequence. */
  readonly earlier: number;
  readonly later: number;
  /** These two are unordered also if the order of locks counts. */
  readonly confirmed: boolean;
  /** Event pairs that are counted here; 0 when they are found, and counted, elsewhere too. */
  readonly count: number;
}

type Witness = Pick<FoundRaces, 'earlier' | 'later' | 'confirmed'>;

/** All that is counted of one pair of access sites of one variable. */
export interface RacePair {
  readonly variable: string;
  /** The site with the smaller number, as in {@link b} any one signature of it. */
  readonly a: Signature;
  readonly b: Signature;
  readonly scope: PairScope;
  /** Racing event pairs. */
  count: number;
  isConfirmed: boolean;
  /** Values prove a lost update. */
  isProven: boolean;
  witness: Witness;
}

const scopes: readonly PairScope[] = ['shared', 'process', 'unknown'];

/** The pairs of sites that race, one entry each. */
export class RaceTable {
  readonly pairs: RacePair[] = [];
  /** Racing event pairs counted, over all pairs of sites. */
  total = 0;
  /** Sites do not name their variable, so pairs are told apart per variable. */
  #variable = '';
  #isOverfull = false;
  #numbers = new PairInterner();
  readonly #byNumber = new Map<number, RacePair>();

  /** Some pairs were not counted. */
  get isCapped(): boolean {
    return this.total >= budgets.racePairs || this.#isOverfull;
  }

  /** The entry of two sites, made when it is missing; null when there is no room for another. */
  pairOf(variable: string, a: Signature, b: Signature, scope: PairScope): RacePair | null {
    const number = this.#numberOf(variable, a, b, scope);
    const [first, second] = a.site <= b.site ? [a, b] : [b, a];
    const known = this.#byNumber.get(number);
    if (known !== undefined) return known;
    const isFull = this.#byNumber.size >= budgets.racePairSitesOfVariable;
    if (isFull || this.pairs.length >= budgets.racePairSites) {
      this.#isOverfull = true;
      return null;
    }
    const pair: RacePair = {
      variable,
      a: first,
      b: second,
      scope,
      count: 0,
      isConfirmed: false,
      isProven: false,
      witness: { earlier: -1, later: -1, confirmed: false },
    };
    this.#byNumber.set(number, pair);
    this.pairs.push(pair);
    return pair;
  }

  /** Beyond the cap a pair of sites is looked for once, and not counted. */
  isSettled(variable: string, a: Signature, b: Signature, scope: PairScope): boolean {
    if (!this.isCapped) return false;
    const known = this.#byNumber.get(this.#numberOf(variable, a, b, scope));
    return known !== undefined && known.count > 0;
  }

  /** Names two sites among those of the variable that was asked for last. */
  #numberOf(variable: string, a: Signature, b: Signature, scope: PairScope): number {
    if (variable !== this.#variable) {
      this.#variable = variable;
      this.#numbers = new PairInterner();
      this.#byNumber.clear();
    }
    const sites = this.#numbers.intern(Math.min(a.site, b.site), Math.max(a.site, b.site));
    return sites * scopes.length + scopes.indexOf(scope);
  }

  /** Counts racing event pairs; the first confirmed one is kept as witness, else the first. */
  add(pair: RacePair, found: Witness & Pick<FoundRaces, 'count'>): void {
    pair.count += found.count;
    this.total += found.count;
    const isBetter = found.confirmed && !pair.witness.confirmed;
    if ((pair.witness.earlier < 0 || isBetter) && !pair.isProven) pair.witness = found;
    pair.isConfirmed ||= found.confirmed;
  }

  /** Notes that values prove a lost update; the first proof becomes the witness. */
  prove(pair: RacePair, witness: Witness): void {
    if (!pair.isProven) pair.witness = witness;
    pair.isProven = true;
  }

  /** Counts a proven pair once when the scan was cut short before it came to that pair. */
  settle(): void {
    for (const pair of this.pairs) {
      if (pair.count === 0) this.add(pair, { ...pair.witness, count: 1 });
    }
  }
}
