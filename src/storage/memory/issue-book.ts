import sortedBtree from 'sorted-btree';
import type { IssueChange } from '../../analysis/derivation.ts';
import { evidenceLevels, type IssueSubject } from '../../domain/finding.ts';
import {
  type Issue,
  type IssuePage,
  type IssueQuery,
  possibleRank,
  readRank,
  WITNESSES_SHOWN,
} from '../../domain/issue.ts';
import type { StoredFinding } from '../../domain/trace-record.ts';

/** A finding and the trace that owns it. */
interface OwnedFinding {
  readonly ownerId: string;
  readonly finding: StoredFinding;
}

type Order = sortedBtree.default<OwnedFinding, true>;

interface Entry {
  readonly subject: IssueSubject;
  pairs: number;
  tracePairs: number;
  readonly byRank: Order;
  readonly byFirst: Order;
  readonly byLast: Order;
}

/** What an issue and its orders take besides its findings; its texts are those of its sites. */
const ISSUE_BYTES = 900;

/** All issues of the memory backend, with their findings in the orders that they are shown in. */
export class IssueBook {
  readonly #entries = new Map<string, Entry>();
  /** Findings that a trace takes part in, with their owners. */
  readonly #byTrace = new Map<string, Map<StoredFinding, string>>();

  get size(): number {
    return this.#entries.size;
  }

  get bytes(): number {
    return this.#entries.size * ISSUE_BYTES;
  }

  /** Puts the findings of one trace in the place of others, and applies the sums of all changes. */
  change(
    ownerId: string,
    removed: readonly StoredFinding[],
    added: readonly StoredFinding[],
    changes: readonly IssueChange[],
  ): void {
    for (const finding of removed) this.#takeOut(ownerId, finding);
    for (const change of changes) this.#sum(change);
    for (const finding of added) this.#putIn({ ownerId, finding });
    for (const { fingerprint } of changes) {
      const entry = this.#entries.get(fingerprint);
      if (entry?.tracePairs === 0 && entry.byRank.size === 0) this.#entries.delete(fingerprint);
    }
  }

  /** The number of issues that a trace takes part in. */
  countOfTrace(traceId: string): number {
    const findings = this.#byTrace.get(traceId);
    if (findings === undefined) return 0;
    return new Set([...findings.keys()].map(({ fingerprint }) => fingerprint)).size;
  }

  /** The traces that own findings in which a trace takes part. */
  ownersOfFindings(traceId: string): readonly string[] {
    return [...new Set(this.#byTrace.get(traceId)?.values() ?? [])];
  }

  page(query: IssueQuery): IssuePage {
    const found = [...this.#entries.values()]
      .map((entry) => ({ entry, rank: rankOfEntry(entry) }))
      .filter(({ entry, rank }) => matches(query, entry, rank))
      .sort(compareRanked);
    return {
      issues: found
        .slice(query.offset, query.offset + query.limit)
        .map(({ entry }) => issueOf(entry)),
      total: found.length,
      pairs: found.reduce((sum, { entry }) => sum + entry.pairs, 0),
    };
  }

  find(fingerprint: string): Issue | null {
    const entry = this.#entries.get(fingerprint);
    return entry === undefined ? null : issueOf(entry);
  }

  ofTrace(traceId: string, limit: number): readonly Issue[] {
    const findings = [...(this.#byTrace.get(traceId) ?? [])]
      .map(([finding, ownerId]) => ({ finding, ownerId }))
      .sort(byRank);
    const entries = new Set(
      findings.map(({ finding }) => this.#entries.get(finding.fingerprint) as Entry),
    );
    return [...entries].slice(0, limit).map(issueOf);
  }

  #sum({ fingerprint, subject, pairs, tracePairs }: IssueChange): void {
    let entry = this.#entries.get(fingerprint);
    if (entry === undefined) {
      if (subject === null) return;
      entry = {
        subject,
        pairs: 0,
        tracePairs: 0,
        byRank: new sortedBtree.default<OwnedFinding, true>(undefined, byRank),
        byFirst: new sortedBtree.default<OwnedFinding, true>(undefined, byFirst),
        byLast: new sortedBtree.default<OwnedFinding, true>(undefined, byLast),
      };
      this.#entries.set(fingerprint, entry);
    }
    entry.pairs += pairs;
    entry.tracePairs += tracePairs;
  }

  #putIn(owned: OwnedFinding): void {
    const entry = this.#entries.get(owned.finding.fingerprint);
    if (entry === undefined) return;
    for (const order of [entry.byRank, entry.byFirst, entry.byLast]) order.set(owned, true);
    for (const traceId of owned.finding.traceIds) {
      const known = this.#byTrace.get(traceId);
      if (known !== undefined) known.set(owned.finding, owned.ownerId);
      else this.#byTrace.set(traceId, new Map([[owned.finding, owned.ownerId]]));
    }
  }

  #takeOut(ownerId: string, finding: StoredFinding): void {
    const owned = { ownerId, finding };
    const entry = this.#entries.get(finding.fingerprint);
    if (entry === undefined) return;
    for (const order of [entry.byRank, entry.byFirst, entry.byLast]) order.delete(owned);
    for (const traceId of finding.traceIds) {
      const known = this.#byTrace.get(traceId);
      known?.delete(finding);
      if (known?.size === 0) this.#byTrace.delete(traceId);
    }
  }
}

function rankOfEntry({ subject, byRank: order }: Entry): number {
  return order.minKey()?.finding.rank ?? possibleRank(subject);
}

function matches(query: IssueQuery, { subject, tracePairs, byRank: order }: Entry, rank: number) {
  const { evidence, pattern, doubtful } = readRank(rank);
  return (
    (tracePairs > 0 || order.size > 0) &&
    evidenceLevels.indexOf(evidence) >= evidenceLevels.indexOf(query.evidenceMin) &&
    (query.anyScope || !doubtful) &&
    (query.variable === null || subject.variable === query.variable) &&
    (query.service === null || subject.services.includes(query.service)) &&
    (query.severity === null || subject.severity === query.severity) &&
    (query.pattern === null || pattern === query.pattern)
  );
}

function issueOf(entry: Entry): Issue {
  const { subject, tracePairs, byRank: order } = entry;
  const best = order.minKey()?.finding;
  const { evidence, pattern } = readRank(best?.rank ?? possibleRank(subject));
  const witnesses: string[] = [];
  for (const { finding } of order.keys()) {
    if (witnesses.length === WITNESSES_SHOWN) break;
    witnesses.push(finding.witness);
  }
  return {
    subject,
    evidence,
    pattern,
    anomalyClass: best?.anomalyClass ?? null,
    verdict: best?.verdict ?? null,
    count: entry.pairs,
    tracePairs,
    firstNs: entry.byFirst.minKey()?.finding.firstNs ?? null,
    lastNs: entry.byLast.maxKey()?.finding.lastNs ?? null,
    witnesses,
  };
}

function compareRanked(a: { entry: Entry; rank: number }, b: { entry: Entry; rank: number }) {
  return (
    a.rank - b.rank ||
    b.entry.pairs - a.entry.pairs ||
    compareTexts(a.entry.subject.fingerprint, b.entry.subject.fingerprint)
  );
}

function byRank(a: OwnedFinding, b: OwnedFinding): number {
  return a.finding.rank - b.finding.rank || byFirst(a, b);
}

function byFirst(a: OwnedFinding, b: OwnedFinding): number {
  return compareNumbers(a.finding.firstNs, b.finding.firstNs) || compareOwners(a, b);
}

function byLast(a: OwnedFinding, b: OwnedFinding): number {
  return compareNumbers(a.finding.lastNs, b.finding.lastNs) || compareOwners(a, b);
}

/** A trace has at most two findings of one issue: one inside, one across. */
function compareOwners(a: OwnedFinding, b: OwnedFinding): number {
  return (
    compareTexts(a.ownerId, b.ownerId) || Number(a.finding.isAcross) - Number(b.finding.isAcross)
  );
}

/** Decimal texts without leading zeros: the longer is the larger. */
function compareNumbers(a: string, b: string): number {
  return a.length - b.length || compareTexts(a, b);
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
