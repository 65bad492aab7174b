import type { Evidence } from '../../src/domain/findings/finding.ts';
import type { ArrivalName } from './arrivals.ts';
import {
  expectationOf,
  isAbout,
  type ListedIssue,
  levelOf,
  strongest,
  type Truth,
} from './truth.ts';

/** What was found in a recording, and whether that is right. */
export interface Outcome {
  /** Evidence on what the truth names; null: nothing is told of it. */
  readonly told: Evidence | null;
  /** How surely the row is known there. */
  readonly row: string | null;
  readonly issues: number;
  /** Issues above E0. */
  readonly above: number;
  /** What is wrong; null: nothing. */
  readonly fault: string | null;
}

/** Holds the issues of a recording to the truth. */
export function outcomeOf(
  name: string,
  truth: Truth,
  issues: readonly ListedIssue[],
  way: ArrivalName,
): Outcome {
  const known = way === 'without parameters' ? name.replace('-params--', '-default--') : name;
  const { least, most } = expectationOf(known, truth);
  const named = strongest(issues.filter((issue) => isAbout(truth, issue)));
  const worst = strongest(issues);
  const told = named?.evidence ?? null;
  const isMissed = least !== null && (told === null || levelOf(told) < levelOf(least));
  const isFalse = most !== null && worst !== null && levelOf(worst.evidence) > levelOf(most);
  const fault = isMissed
    ? `MISSED: at least ${least} was expected`
    : isFalse
      ? `FALSE: ${worst.evidence} ${worst.pattern} on ${worst.witnesses[0]?.variable ?? worst.variable}`
      : null;
  return {
    told,
    row: named?.row ?? null,
    issues: issues.length,
    above: issues.filter(({ evidence }) => evidence !== 'E0').length,
    fault,
  };
}
