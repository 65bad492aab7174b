import type { OwnedFinding } from './issue-entry.ts';

/** Findings that one turn of the event loop notes anew: some milliseconds' worth. An issue may be of all traces. */
const FINDINGS_PER_TURN = 1000;

type FindingsByTrace = Map<string, Set<OwnedFinding>>;

interface Change {
  readonly findings: readonly OwnedFinding[];
  readonly isShown: (finding: OwnedFinding) => boolean;
  next: number;
}

/** Which findings tell of which traces. */
export class IssueMembers {
  /** Findings that a trace takes part in. */
  readonly #shown: FindingsByTrace = new Map();
  /** Other findings that name a trace: of variables of its own, and of issues that say nothing of it. */
  readonly #unshown: FindingsByTrace = new Map();
  readonly #raced: (traceId: string, isRaced: boolean) => void;
  readonly #changes: Change[] = [];
  readonly #waiting: (() => void)[] = [];

  /** @param raced is told of a trace that takes part in a first finding from now on, or in none any more */
  constructor(raced: (traceId: string, isRaced: boolean) => void) {
    this.#raced = raced;
  }

  /** The findings that a trace takes part in. */
  shownOf(traceId: string): readonly OwnedFinding[] {
    return [...(this.#shown.get(traceId) ?? [])];
  }

  /** Every finding that names a trace. */
  allOf(traceId: string): readonly OwnedFinding[] {
    return [...this.shownOf(traceId), ...(this.#unshown.get(traceId) ?? [])];
  }

  add(finding: OwnedFinding, isShown: boolean): void {
    const by = isShown ? this.#shown : this.#unshown;
    for (const traceId of finding.traceIds) {
      const known = by.get(traceId);
      if (known !== undefined) {
        known.add(finding);
        continue;
      }
      by.set(traceId, new Set([finding]));
      if (isShown) this.#raced(traceId, true);
    }
  }

  remove(finding: OwnedFinding): void {
    for (const by of [this.#shown, this.#unshown]) {
      for (const traceId of finding.traceIds) {
        const known = by.get(traceId);
        if (known?.delete(finding) !== true || known.size > 0) continue;
        by.delete(traceId);
        if (by === this.#shown) this.#raced(traceId, false);
      }
    }
  }

  /**
   * Shows findings, or does so no more: the first of them now, more in turns of the event loop to come. What
   * is taken out meanwhile stays out.
   */
  change(findings: readonly OwnedFinding[], isShown: (finding: OwnedFinding) => boolean): void {
    const change = { findings, isShown, next: 0 };
    this.#advance(change);
    if (change.next === findings.length) return;
    this.#changes.push(change);
    if (this.#changes.length === 1) setImmediate(() => this.#goOn());
  }

  /** Resolves when every change is through. */
  async settled(): Promise<void> {
    if (this.#changes.length === 0) return;
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #goOn(): void {
    const [first] = this.#changes;
    if (first !== undefined) {
      this.#advance(first);
      if (first.next === first.findings.length) this.#changes.shift();
    }
    if (this.#changes.length > 0) {
      setImmediate(() => this.#goOn());
      return;
    }
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #advance(change: Change): void {
    const { findings, isShown } = change;
    const end = Math.min(findings.length, change.next + FINDINGS_PER_TURN);
    for (const finding of findings.slice(change.next, end)) {
      const wasShown = this.#isIn(this.#shown, finding);
      if (!wasShown && !this.#isIn(this.#unshown, finding)) continue;
      if (wasShown === isShown(finding)) continue;
      this.remove(finding);
      this.add(finding, !wasShown);
    }
    change.next = end;
  }

  #isIn(by: FindingsByTrace, finding: OwnedFinding): boolean {
    const [traceId] = finding.traceIds;
    return traceId !== undefined && by.get(traceId)?.has(finding) === true;
  }
}
