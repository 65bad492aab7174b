import type {
  AnomalyClass,
  Evidence,
  FindingWitness,
  IssueSubject,
  Pattern,
  Severity,
  Verdict,
} from './finding.ts';
import type { SeenRelease } from './seen-release.ts';
import type { Disposition, TriageState } from './triage.ts';

/** An issue: all findings of one fingerprint, and how many pairs of traces could have had one. */
export interface Issue {
  readonly subject: IssueSubject;
  /** The shown one: without environments as long as there is no other issue that differs in them alone. */
  readonly fingerprint: string;
  /** Of its best finding; with evidence E0 when nothing but the possibility is known. */
  readonly evidence: Evidence;
  readonly pattern: Pattern;
  readonly anomalyClass: AnomalyClass | null;
  readonly verdict: Verdict | null;
  /**
   * How often it happened: pairs that values prove, where some do; else pairs of accesses at one
   * time; else those that were possible.
   */
  readonly count: number;
  /** Event pairs: racing inside traces, and conflicting across them, whenever they happened. */
  readonly pairsPossible: number;
  /** Pairs of traces that accessed one variable at both sites, overlapping or not. */
  readonly tracePairs: number;
  /** Of its findings, nanoseconds since 1970 as decimal text; null when there are none. */
  readonly firstNs: string | null;
  readonly lastNs: string | null;
  /** What the witness of its first finding, and that of its last one, says of releases. */
  readonly firstReleases: readonly SeenRelease[];
  readonly lastReleases: readonly SeenRelease[];
  /** JSON texts of {@link FindingWitness}es, best rank first. */
  readonly witnesses: readonly string[];
  readonly disposition: Disposition;
}

/** What the issues of a trace say of events, its own and others'. */
export interface NamedRaces {
  /** Fingerprints of the issues whose witnesses name an event, by its id; best rank first. */
  readonly byEvent: ReadonlyMap<string, readonly string[]>;
  /** Shown fingerprints by those of the subjects. */
  readonly shown: ReadonlyMap<string, string>;
  /** One sentence for each issue, best rank first. */
  readonly explanations: readonly string[];
}

/** {@link NamedRaces} of issues. */
export function namedRaces(issues: readonly Issue[]): NamedRaces {
  const byEvent = new Map<string, string[]>();
  const explanations: string[] = [];
  const shown = new Map<string, string>();
  for (const { subject, fingerprint, witnesses } of issues) {
    shown.set(subject.fingerprint, fingerprint);
    const read = witnesses.map((text) => JSON.parse(text) as FindingWitness);
    explanations.push(...read.slice(0, 1).map(({ explanation }) => explanation));
    for (const { event_id: id } of read.flatMap(({ events, check }) =>
      [...events, check ?? []].flat(),
    )) {
      const known = byEvent.get(id);
      if (known === undefined) byEvent.set(id, [fingerprint]);
      else if (!known.includes(fingerprint)) known.push(fingerprint);
    }
  }
  return { byEvent, shown, explanations };
}

/** What a query says of the issues that it finds. */
export interface IssueFilter {
  readonly evidenceMin: Evidence;
  /** Exact variable or pattern of a variable. */
  readonly variable: string | null;
  readonly service: string | null;
  readonly environment: string | null;
  readonly severity: Severity | null;
  readonly pattern: Pattern | null;
  /** A part of the variable, of a service, or of a place in the code; ASCII letters in any case. */
  readonly text: string | null;
  /** Last seen at or after this time; what nobody has seen has no time. */
  readonly sinceNs: bigint | null;
  /** First seen before this time. */
  readonly untilNs: bigint | null;
  /** Also issues of unknown scope that nothing proves. */
  readonly anyScope: boolean;
  /** Null: all but those that are ignored. */
  readonly state: TriageState | 'any' | null;
}

/** How much of what is known a view shows: from which evidence on, of unknown scope too or not, and where. */
export type IssueBounds = Pick<IssueFilter, 'evidenceMin' | 'anyScope' | 'environment'>;

/** The bounds of whoever asks for no others. */
export const shownByDefault: IssueBounds = {
  evidenceMin: 'E1',
  anyScope: false,
  environment: null,
};

/** The filter of whoever asks for nothing. */
export const anyIssue: IssueFilter = {
  ...shownByDefault,
  variable: null,
  service: null,
  severity: null,
  pattern: null,
  text: null,
  sinceNs: null,
  untilNs: null,
  state: null,
};

/** Issues that match all else that was asked, by what keeps them from being shown. */
export interface HiddenIssues {
  /** Weaker evidence than was asked for. */
  readonly belowEvidence: number;
  /** Nobody knows whether both sites meet one variable. */
  readonly unknownScope: number;
  /** Each request has a variable of its own. */
  readonly requestLocal: number;
  /** Somebody, or a rule of the configuration, said that nobody wants to hear of them. */
  readonly ignored: number;
}

/** How often an issue happened: see {@link Issue.count}. */
export function countOf(sums: {
  readonly provenPairs: number;
  readonly overlappingPairs: number;
  readonly pairs: number;
}): number {
  if (sums.provenPairs > 0) return sums.provenPairs;
  return sums.overlappingPairs > 0 ? sums.overlappingPairs : sums.pairs;
}

/** What was possible is never less than what happened. */
export function pairsPossibleOf(sums: Parameters<typeof countOf>[0]): number {
  return Math.max(sums.pairs, sums.overlappingPairs, sums.provenPairs);
}

/**
 * What a list of issues may be sorted by: what deserves a look first, what was seen last, what is new, the
 * names of variables. Where two are equal, the one that deserves a look more comes first.
 */
export const issueSorts = ['rank', 'last_seen', 'first_seen', 'variable'] as const;

/** Which issues a list shows. */
export interface IssueQuery extends IssueFilter {
  readonly sort: (typeof issueSorts)[number];
  readonly limit: number;
  readonly offset: number;
}

/** What a list shows, and what is known of all issues that match. */
export interface IssuePage {
  readonly issues: readonly Issue[];
  readonly total: number;
  readonly hidden: HiddenIssues;
  /** Sum of the counts of all issues that match. */
  readonly pairs: number;
}

/** Witnesses that one issue shows; with a trace, only the best one that it takes part in. */
export const WITNESSES_SHOWN = 8;
