import sortedBtree from 'sorted-btree';
import type { IssueChange } from '../../../analysis/issues/derivation.ts';
import {
  type FindingRules,
  ignoringRule,
  noRules,
  ownerOf,
} from '../../../domain/findings/finding-rules.ts';
import {
  anyIssue,
  countOf,
  type Issue,
  type IssueBounds,
  type IssuePage,
  type IssueQuery,
} from '../../../domain/findings/issue.ts';
import { compareRanked, isDoubtful } from '../../../domain/findings/ranking.ts';
import { dispositionOf, type TriageRecord, withoutWords } from '../../../domain/findings/triage.ts';
import {
  type IssueGlances,
  isAskedFor,
  isShown,
  reasonToHide,
} from '../../../domain/issue-traits.ts';
import { byFirst, byLast, byRank } from './finding-orders.ts';
import {
  best,
  bestMeeting,
  type Entry,
  isLive,
  issueOf,
  namesOf,
  type OwnedFinding,
  outermost,
  rankedEntry,
  type Shown,
  saysNothing,
  traitsOf,
} from './issue-entry.ts';
import { IssueMembers } from './issue-members.ts';
import { issueOrders, type SortedEntry } from './issue-orders.ts';
import { MeetingBook } from './meeting-book.ts';
import type { ReadWitnesses } from './owned-findings.ts';
import type { TriageBook } from './triage-book.ts';
import { commonPart, VariantBook } from './variant-book.ts';

/** What an issue and its orders take besides its findings; its texts are those of its sites. */
const ISSUE_BYTES = 900;

/** Who knows of traces what issues ask, and wants to know what they tell. */
export interface IssueListener {
  /** A trace takes part in a first issue from now on, or in none any more. */
  raced(traceId: string, isRaced: boolean): void;
  /** When the last event of a trace was received; 0 where it is unknown. */
  receivedMs(traceId: string): number;
}

/** All issues of the memory backend, with their findings in the orders that they are shown in. */
export class IssueBook {
  readonly #entries = new Map<string, Entry>();
  readonly #members: IssueMembers;
  readonly #variants = new VariantBook<Entry>();
  readonly #meetings = new MeetingBook<Entry>();
  readonly #triage: TriageBook;
  readonly #witnessesOf: ReadWitnesses;
  readonly #listener: IssueListener;
  #rules = noRules;

  constructor(witnessesOf: ReadWitnesses, triage: TriageBook, listener: IssueListener) {
    this.#triage = triage;
    this.#witnessesOf = witnessesOf;
    this.#listener = listener;
    this.#members = new IssueMembers((traceId, isRaced) => listener.raced(traceId, isRaced));
  }

  get size(): number {
    return this.#entries.size;
  }

  get bytes(): number {
    return this.#entries.size * ISSUE_BYTES + this.#triage.bytes;
  }

  /** Puts the findings of one trace in the place of others, and applies the sums of all changes. */
  change(
    removed: readonly OwnedFinding[],
    added: readonly OwnedFinding[],
    changes: readonly IssueChange[],
    witnessOf: (finding: OwnedFinding) => string,
  ): void {
    for (const finding of removed) this.#takeOut(finding);
    for (const change of changes) this.#sum(change);
    for (const finding of added) this.#putIn(finding);
    const changed = changes.flatMap(({ fingerprint }) => this.#entries.get(fingerprint) ?? []);
    for (const entry of this.#meetings.change(changed, bestMeeting)) {
      this.#shelve(entry, { isTold: !entry.isTold });
    }
    for (const entry of changed) {
      const { fingerprint } = entry.subject;
      this.#triage.carryTo(fingerprint, Date.now());
      const { receivedMs } = this.#listener;
      this.#triage.noteOccurrences(fingerprint, removed, added, receivedMs, witnessOf);
      this.#judge(entry);
    }
    for (const { fingerprint } of changes) {
      const entry = this.#entries.get(fingerprint);
      if (entry?.tracePairs !== 0 || entry.byRank.size > 0) continue;
      this.#entries.delete(fingerprint);
      this.#variants.erase(entry);
    }
  }

  /** The fingerprint as the issue itself has it. */
  nameOf(fingerprint: string): string {
    return this.#entries.get(fingerprint)?.subject.fingerprint ?? fingerprint;
  }

  /** The number of issues that a trace takes part in. */
  countOfTrace(traceId: string): number {
    const findings = this.#members.shownOf(traceId);
    return new Set(findings.map(({ fingerprint }) => fingerprint)).size;
  }

  /** The traces that own findings which name a trace. */
  ownersOfFindings(traceId: string): readonly string[] {
    return [...new Set(this.#members.allOf(traceId).map(({ ownerId }) => ownerId))];
  }

  page(query: IssueQuery): IssuePage {
    const hidden = { belowEvidence: 0, unknownScope: 0, requestLocal: 0, ignored: 0 };
    const shown: SortedEntry[] = [];
    for (const entry of this.#listable()) {
      const traits = traitsOf(entry);
      if (!isAskedFor(query, traits)) continue;
      const reason = reasonToHide(query, traits);
      if (reason === null) shown.push({ ...rankedEntry(entry), traits });
      else hidden[reason] += 1;
    }
    const found = shown.sort(issueOrders[query.sort]);
    return {
      hidden,
      issues: this.#show(
        found.slice(query.offset, query.offset + query.limit).map(({ entry }) => best(entry)),
      ),
      total: found.length,
      pairs: found.reduce((sum, { entry }) => sum + countOf(entry), 0),
    };
  }

  /** By its own fingerprint; by one without environments the one that ranks first. */
  find(fingerprint: string): Issue | null {
    const entry = this.#entryOf(fingerprint);
    return entry === null ? null : (this.#show([best(entry)])[0] ?? null);
  }

  #entryOf(fingerprint: string): Entry | null {
    const own = this.#entries.get(fingerprint);
    const isCommon = fingerprint === commonPart(fingerprint);
    const found = isCommon ? this.#variants.of(fingerprint).filter(isLive) : [own ?? []].flat();
    const [first] = found.map(rankedEntry).sort(compareRanked);
    return first?.entry ?? null;
  }

  /** What was said of an issue; null: nothing, or it is unknown. */
  triageOf(fingerprint: string): TriageRecord | null {
    const entry = this.#entryOf(fingerprint);
    return entry === null ? null : this.#triage.of(entry.subject.fingerprint);
  }

  /** The fingerprint of its own of the issue that one finds; null: it is unknown. */
  ownName(fingerprint: string): string | null {
    return this.#entryOf(fingerprint)?.subject.fingerprint ?? null;
  }

  /** Whether there is an issue of exactly this fingerprint. */
  isKnown(fingerprint: string): boolean {
    const entry = this.#entries.get(fingerprint);
    return entry !== undefined && isLive(entry);
  }

  /** The traces of the witnesses that an issue shows, best first. */
  witnessTraces(fingerprint: string): readonly (readonly string[])[] {
    const entry = this.#entryOf(fingerprint);
    return entry === null ? [] : best(entry).witnessed.map(({ traceIds }) => traceIds);
  }

  /** Says of an issue what follows from what was said before; null: it is unknown. */
  retriage(fingerprint: string, next: (known: TriageRecord | null) => TriageRecord): Issue | null {
    const entry = this.#entryOf(fingerprint);
    if (entry === null) return null;
    const own = entry.subject.fingerprint;
    this.#triage.put(own, next(this.#triage.of(own)));
    this.#judge(entry);
    return this.find(own);
  }

  /** Takes note of what is said now of the issue of exactly this fingerprint, if there is one. */
  rejudge(fingerprint: string): void {
    const entry = this.#entries.get(fingerprint);
    if (entry !== undefined) this.#judge(entry);
  }

  /** Takes the words out of what was said of issues that no other traces take part in. */
  forgetWords(traceIds: ReadonlySet<string>): void {
    const concerned = (finding: OwnedFinding) => finding.traceIds.some((id) => traceIds.has(id));
    for (const entry of this.#entries.values()) {
      const record = this.#triage.of(entry.subject.fingerprint);
      if (record === null || entry.byRank.size === 0) continue;
      if (!entry.byRank.keysArray().every(concerned)) continue;
      this.#triage.put(entry.subject.fingerprint, withoutWords(record));
      this.#judge(entry);
    }
  }

  /** Opens what was to end by now, and holds all issues against the rules. */
  settle(nowMs: number, rules: FindingRules): void {
    this.#rules = rules;
    this.#triage.end(nowMs);
    for (const entry of this.#entries.values()) this.#judge(entry);
  }

  /** Resolves when each trace knows what is said of its issues. */
  async settled(): Promise<void> {
    await this.#members.settled();
  }

  /** Notes where an issue stands now. */
  #judge(entry: Entry): void {
    const { subject } = entry;
    const rule = ignoringRule(this.#rules.ignore, subject, namesOf(entry).pattern);
    const triage = this.#triage.of(subject.fingerprint)?.triage ?? null;
    const owner = ownerOf(this.#rules.owners, subject);
    this.#shelve(entry, { disposition: dispositionOf(triage, rule, owner) });
  }

  /** The fingerprint that is shown of an issue. */
  #shownFingerprint({ subject: { fingerprint } }: Entry): string {
    const isOne = this.#variants.of(fingerprint).filter(isLive).length <= 1;
    return isOne ? commonPart(fingerprint) : fingerprint;
  }

  /** Each with the best witness that one of the traces takes part in. */
  ofTraces(traceIds: readonly string[], limit: number): readonly Issue[] {
    const own = new Map<string, OwnedFinding>();
    const findings = new Set(traceIds.flatMap((id) => this.#members.shownOf(id)));
    for (const finding of [...findings].sort(byRank)) {
      if (own.size === limit) break;
      if (!own.has(finding.fingerprint)) own.set(finding.fingerprint, finding);
    }
    return this.#show(
      [...own].map(([fingerprint, finding]) => ({
        entry: this.#entries.get(fingerprint) as Entry,
        witnessed: [finding],
      })),
    );
  }

  /** Traits of the issues that are there, best rank first. */
  glances(limit: number): IssueGlances {
    const ranked = [...this.#listable()].map(rankedEntry).sort(compareRanked);
    const issues = ranked.slice(0, limit).map(({ entry }) => traitsOf(entry));
    return { issues, isWhole: issues.length === ranked.length };
  }

  /** Issues within bounds. */
  *shown(bounds: IssueBounds): Generator<Entry> {
    const filter = { ...anyIssue, ...bounds };
    for (const entry of this.#listable()) if (isShown(filter, traitsOf(entry))) yield entry;
  }

  /** Issues that are there, and say something. */
  *#listable(): Generator<Entry> {
    for (const entry of this.#entries.values()) if (!entry.isTold && isLive(entry)) yield entry;
  }

  #sum({ fingerprint, subject, ...sums }: IssueChange): void {
    let entry = this.#entries.get(fingerprint);
    if (entry === undefined) {
      if (subject === null) return;
      entry = {
        subject,
        meeting: null,
        pattern: null,
        isTold: false,
        provenPairs: 0,
        overlappingPairs: 0,
        pairs: 0,
        tracePairs: 0,
        disposition: dispositionOf(null, null),
        byRank: new sortedBtree.default<OwnedFinding, true>(undefined, byRank),
        byFirst: new sortedBtree.default<OwnedFinding, true>(undefined, byFirst),
        byLast: new sortedBtree.default<OwnedFinding, true>(undefined, byLast),
      };
      this.#entries.set(fingerprint, entry);
      this.#variants.add(entry);
    }
    entry.provenPairs += sums.provenPairs;
    entry.overlappingPairs += sums.overlappingPairs;
    entry.pairs += sums.pairs;
    entry.tracePairs += sums.tracePairs;
  }

  /** Changes what decides whether an issue says something of its traces. */
  #shelve(entry: Entry, change: Partial<Pick<Entry, 'isTold' | 'disposition'>>): void {
    const isQuiet = saysNothing(entry);
    if (isQuiet === saysNothing({ ...entry, ...change })) {
      Object.assign(entry, change);
      return;
    }
    Object.assign(entry, change);
    this.#members.change(entry.byRank.keysArray(), (finding) => tellsOfTraces(finding, entry));
  }

  #putIn(finding: OwnedFinding): void {
    const entry = this.#entries.get(finding.fingerprint);
    if (entry === undefined) return;
    for (const order of [entry.byRank, entry.byFirst, entry.byLast]) order.set(finding, true);
    this.#members.add(finding, tellsOfTraces(finding, entry));
  }

  #takeOut(finding: OwnedFinding): void {
    const entry = this.#entries.get(finding.fingerprint);
    if (entry === undefined) return;
    for (const order of [entry.byRank, entry.byFirst, entry.byLast]) order.delete(finding);
    this.#members.remove(finding);
  }

  #show(shown: readonly Shown[]): readonly Issue[] {
    const wanted = shown.flatMap(({ entry, witnessed }) => [...witnessed, ...outermost(entry)]);
    const texts = this.#witnessesOf(wanted);
    const textOf = (finding: OwnedFinding) => texts.get(finding) ?? '';
    return shown.map(({ entry, witnessed }) =>
      issueOf(entry, this.#shownFingerprint(entry), witnessed, textOf),
    );
  }
}

/**
 * Whether a finding says something of its traces; nothing happens to a variable of one's own, and maybe
 * nothing to one that is only called the same.
 */
function tellsOfTraces({ isRequestLocal, evidence }: OwnedFinding, entry: Entry): boolean {
  const { scope } = entry.subject;
  return !(isRequestLocal || saysNothing(entry) || isDoubtful({ scope, evidence }));
}
