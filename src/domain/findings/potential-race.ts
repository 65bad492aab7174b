import type { PairScope, Pattern } from './finding.ts';
import type { AccessSite } from './footprint.ts';

/**
 * A race that no run has shown yet: one request decides on what it read without keeping others from
 * writing meanwhile, and another one, of the same route or not, writes.
 */
export interface PotentialRace {
  /** With digits of the environments behind it where the race is possible in several. */
  readonly fingerprint: string;
  /** Of the two requests: one, or two where the variable is one for all of them. */
  readonly environments: readonly string[];
  /** With runs of digits and UUIDs as `*`. */
  readonly variable: string;
  readonly scope: PairScope;
  readonly pattern: Pattern;
  /** The request that reads and then acts. */
  readonly actor: {
    readonly service: string;
    readonly operation: string;
    readonly check: AccessSite;
    readonly act: AccessSite;
  };
  /** The request that may write in between. */
  readonly rival: {
    readonly service: string;
    readonly operation: string;
    readonly write: AccessSite;
  };
  /** How often the actor was seen to read and act so: traces, once for each variable. */
  readonly seenIn: number;
}
