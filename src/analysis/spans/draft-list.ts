import { budgets } from '../budgets.ts';
import type { Draft, DraftAccess, DraftLock, Moment } from './draft.ts';
import type { Row } from './row.ts';

/** An access as it is added to a {@link DraftList}. */
export type NewAccess = Omit<DraftAccess, 'kind' | 'seenFromNs' | 'isTakenBack'>;

/** What the steps of a request are found to do, in their order; what comes later may take some of it back. */
export class DraftList {
  readonly drafts: Draft[] = [];
  /** Reads that still count, by their row. */
  readonly #reads = new Map<string, DraftAccess[]>();
  /** Places of reads among the drafts. */
  readonly #placeOf = new Map<DraftAccess, number>();
  readonly #held = new Set<string>();
  /** Releases that a hidden script may have been, and no attempt to lock followed yet, by lock. */
  readonly #guessed = new Map<string, DraftLock>();

  /** The place of what is added next. */
  get place(): number {
    return this.drafts.length;
  }

  addAccess(access: NewAccess): DraftAccess {
    const draft: DraftAccess = {
      kind: 'access',
      seenFromNs: null,
      isTakenBack: false,
      ...access,
    };
    if (this.drafts.length >= budgets.statementDrafts) return draft;
    this.drafts.push(draft);
    if (access.act !== 'read') return draft;
    this.#placeOf.set(draft, this.drafts.length - 1);
    const key = access.row.identity;
    const known = this.#reads.get(key);
    if (known === undefined) this.#reads.set(key, [draft]);
    else known.push(draft);
    return draft;
  }

  /** The last read of a row that still counts; null when there is none. */
  lastReadOf(row: Row): DraftAccess | null {
    return this.#reads.get(row.identity)?.at(-1) ?? null;
  }

  /** The place of a read among the drafts. */
  placeOf(read: DraftAccess): number {
    return this.#placeOf.get(read) ?? 0;
  }

  /** Takes back the reads of a row that were made from a place on; of some columns, when they are named. */
  forgetReads(row: Row, from = 0, columns: readonly string[] | null = null): void {
    const key = row.identity;
    const reads = this.#reads.get(key) ?? [];
    for (const read of reads) {
      if (this.placeOf(read) < from) continue;
      if (columns === null || columns.includes(read.column)) read.isTakenBack = true;
    }
    this.#reads.set(
      key,
      reads.filter(({ isTakenBack }) => !isTakenBack),
    );
  }

  /** Takes back all accesses of a branch to a store that were made from a place on. */
  undo(prefix: string, owner: string, from: number): void {
    for (const draft of this.drafts.slice(from)) {
      if (draft.kind !== 'access' || draft.at.owner !== owner) continue;
      if (draft.act === 'refused') continue;
      if (draft.table.startsWith(prefix)) draft.isTakenBack = true;
    }
  }

  /** Others may see what a branch wrote to a store from a place on. */
  show(prefix: string, owner: string, from: number, at: Moment): void {
    for (const draft of this.drafts.slice(from)) {
      if (draft.kind !== 'access' || draft.act === 'read' || draft.at.owner !== owner) continue;
      if (draft.table.startsWith(prefix)) draft.seenFromNs = at.fromNs;
    }
  }

  /** A lock is taken. One that is tried again had not been given: then the later try counts. */
  acquire(at: Moment, name: string, type: string): void {
    const last = this.drafts.findLast(({ isTakenBack }) => !isTakenBack);
    const isTriedAgain = last?.kind === 'lock' && last.isAcquire && last.name === name;
    if (isTriedAgain) last.isTakenBack = true;
    else if (this.#held.has(name)) return;
    this.#held.add(name);
    this.#guessed.delete(name);
    this.drafts.push({ kind: 'lock', at, isAcquire: true, name, type, isTakenBack: false });
  }

  /** A lock is given up, when it was held. A script that may have given it up before had only renewed it. */
  release(at: Moment, name: string, type: string, isSure = true): boolean {
    const guessed = this.#guessed.get(name);
    if (!this.#held.delete(name) && guessed === undefined) return false;
    if (guessed !== undefined) guessed.isTakenBack = true;
    this.#guessed.delete(name);
    const release: DraftLock = {
      kind: 'lock',
      at,
      isAcquire: false,
      name,
      type,
      isTakenBack: false,
    };
    if (!isSure) this.#guessed.set(name, release);
    this.drafts.push(release);
    return true;
  }
}
