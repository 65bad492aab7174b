import {
  type Evidence,
  evidenceLevels,
  type IssueSubject,
  type Pattern,
} from './findings/finding.ts';
import type { HiddenIssues, IssueFilter } from './findings/issue.ts';
import { isDoubtful } from './findings/ranking.ts';
import type { Disposition } from './findings/triage.ts';
import { lowerAscii } from './lower-ascii.ts';

/** As much of an issue as lists of issues filter and count by. */
export interface IssueTraits
  extends Pick<IssueSubject, 'variable' | 'scope' | 'severity' | 'services' | 'environments'> {
  readonly evidence: Evidence;
  readonly pattern: Pattern;
  /** Each request has a variable of its own, as its values tell. */
  readonly isRequestLocal: boolean;
  /** What was decided about it. */
  readonly state: Disposition['state'];
  /** Where its sites are in the code. */
  readonly locations: readonly string[];
  /** Of its findings, nanoseconds since 1970; null when there are none. */
  readonly firstNs: bigint | null;
  readonly lastNs: bigint | null;
}

/** Traits of issues that are there, best rank first. */
export interface IssueGlances {
  readonly issues: readonly IssueTraits[];
  /** Whether they are all. */
  readonly isWhole: boolean;
}

/** Whether an issue passes each member of a filter. */
export function filterAnswers(filter: IssueFilter, traits: IssueTraits) {
  const { evidenceMin, variable, service, environment, severity, pattern, anyScope } = filter;
  const { text, sinceNs, untilNs } = filter;
  return {
    evidenceMin: evidenceLevels.indexOf(traits.evidence) >= evidenceLevels.indexOf(evidenceMin),
    variable: variable === null || traits.variable === variable,
    service: service === null || traits.services.includes(service),
    environment: environment === null || traits.environments.includes(environment),
    severity: severity === null || traits.severity === severity,
    pattern: pattern === null || traits.pattern === pattern,
    text: text === null || hasText(traits, text),
    sinceNs: sinceNs === null || (traits.lastNs !== null && traits.lastNs >= sinceNs),
    untilNs: untilNs === null || (traits.firstNs !== null && traits.firstNs < untilNs),
    anyScope: anyScope || !isDoubtful(traits),
    state:
      filter.state === null
        ? traits.state !== 'ignored'
        : filter.state === 'any' || traits.state === filter.state,
  } satisfies { readonly [Name in keyof IssueFilter]: boolean };
}

/** Whether all that was asked of an issue holds but for the reasons to hide it. */
export function isAskedFor(filter: IssueFilter, traits: IssueTraits): boolean {
  const answers = filterAnswers(filter, traits);
  const { evidenceMin: _evidence, anyScope: _scope, state, ...others } = answers;
  return (filter.state === null || state) && Object.values(others).every((passes) => passes);
}

/** Why an issue is not shown that was asked for; null: it is. */
export function reasonToHide(filter: IssueFilter, traits: IssueTraits): keyof HiddenIssues | null {
  const { evidenceMin, anyScope, state } = filterAnswers(filter, traits);
  if (evidenceMin && anyScope) return state ? null : 'ignored';
  if (traits.isRequestLocal) return 'requestLocal';
  return evidenceMin ? 'unknownScope' : 'belowEvidence';
}

/** Whether a list shows an issue. */
export function isShown(filter: IssueFilter, traits: IssueTraits): boolean {
  return isAskedFor(filter, traits) && reasonToHide(filter, traits) === null;
}

/** Whether one of the names holds a text; ASCII letters in any case. */
export function hasText(
  { variable, locations, services }: Pick<IssueTraits, 'variable' | 'locations' | 'services'>,
  text: string,
): boolean {
  const wanted = lowerAscii(text);
  return [variable, ...locations, ...services].some((one) => lowerAscii(one).includes(wanted));
}
