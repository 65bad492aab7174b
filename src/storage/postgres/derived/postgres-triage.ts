import {
  type FindingRules,
  type IgnoreRule,
  noRules,
  type OwnerRule,
} from '../../../domain/findings/finding-rules.ts';
import { type Issue, WITNESSES_SHOWN } from '../../../domain/findings/issue.ts';
import { type Pin, type PinOffer, pinRoom } from '../../../domain/findings/pin.ts';
import {
  readTriageRecord,
  type TriageAuthor,
  type TriageChange,
  type TriageRecord,
} from '../../../domain/findings/triage.ts';
import type { PinSizes } from '../../pin-sizes.ts';
import { type NamedTriage, soundChange, type TriageStore } from '../../triage-store.ts';
import type { PostgresPool } from '../connection/pool.ts';
import type { Session } from '../connection/session.ts';
import { type LockedTraceRow, lockTraces, selectBacklog } from './claim-queries.ts';
import {
  lockExpiry,
  selectEnded,
  selectFingerprints,
  selectLostPins,
  selectPins,
  selectTriage,
  selectTriages,
  selectWitnessTraces,
} from './triage-queries.ts';
import { endTriage, judgeIssues, mergeTriage, retriage, unpinLost } from './triage-writes.ts';

/** Issues that one transaction holds against the rules. */
const ISSUES_JUDGED = 200;

/** What persons said of the issues of the Postgres backend. */
export class PostgresTriage implements TriageStore {
  readonly #pool: PostgresPool;
  readonly #issue: (fingerprint: string) => Promise<Issue | null>;
  readonly #sizesOf: PinSizes;
  #rules: FindingRules = noRules;
  /** Whether all issues were held against the rules since the start. */
  #isSettled = false;

  constructor(
    pool: PostgresPool,
    issue: (fingerprint: string) => Promise<Issue | null>,
    sizesOf: PinSizes,
  ) {
    this.#pool = pool;
    this.#issue = issue;
    this.#sizesOf = sizesOf;
  }

  /** The rules that issues are held against when they change. */
  get rules(): readonly IgnoreRule[] {
    return this.#rules.ignore;
  }

  get owners(): readonly OwnerRule[] {
    return this.#rules.owners;
  }

  async of(fingerprint: string): Promise<TriageRecord | null> {
    const issue = await this.#issue(fingerprint);
    if (issue === null) return null;
    const query = selectTriage(issue.subject.fingerprint);
    const [row] = await this.#pool.read((session) => session(query));
    return row === undefined ? null : readTriageRecord(row[0] as string);
  }

  async change(
    fingerprint: string,
    change: TriageChange,
    author: TriageAuthor,
  ): Promise<Issue | null> {
    const own = (await this.#issue(fingerprint))?.subject.fingerprint;
    if (own === undefined) return null;
    const sizes = change.isPinned === true ? await this.#witnessSizes(own) : null;
    await this.#pool.write(async (session) => {
      const offer = sizes === null ? null : await this.#pinOffer(session, own, sizes);
      const next = (known: TriageRecord | null) => soundChange(known, change, author, offer);
      await retriage(session, own, next, this.rules);
    });
    return this.#issue(own);
  }

  async records(after: string, limit: number): Promise<readonly NamedTriage[]> {
    const rows = await this.#pool.read((session) => session(selectTriages(after, limit)));
    return rows.map(([fingerprint, text]) => ({
      fingerprint: fingerprint as string,
      record: readTriageRecord(text as string),
    }));
  }

  async merge(brought: readonly NamedTriage[], author: TriageAuthor): Promise<number> {
    return this.#pool.write((session) => mergeTriage(session, brought, author, this.rules));
  }

  async pins(): Promise<readonly Pin[]> {
    return (await this.#pool.read(readPins)).map(({ pin }) => pin);
  }

  async #witnessSizes(fingerprint: string): Promise<ReadonlyMap<string, number>> {
    const witnesses = await this.#pool.read((session) => readWitnessTraces(session, fingerprint));
    return this.#sizesOf(witnesses.flat());
  }

  /** What is on offer until the end of the transaction: no trace of it is erased before. */
  async #pinOffer(
    session: Session,
    fingerprint: string,
    sizes: ReadonlyMap<string, number>,
  ): Promise<PinOffer> {
    await session(lockExpiry);
    const witnesses = await readWitnessTraces(session, fingerprint);
    const locked = await session.named<LockedTraceRow>(
      lockTraces([...new Set(witnesses.flat())].sort()),
    );
    const stored = new Set(locked.map((row) => row.trace_id));
    const pins = await readPins(session);
    return {
      witnesses,
      sizes: new Map([...sizes].filter(([traceId]) => stored.has(traceId))),
      others: pins.flatMap(({ fingerprint: name, pin }) => (name === fingerprint ? [] : [pin])),
      room: pinRoom,
    };
  }

  async settle(nowMs: number, rules: FindingRules): Promise<void> {
    const { ignore } = rules;
    const areSettled = this.#isSettled && JSON.stringify(ignore) === JSON.stringify(this.rules);
    this.#rules = rules;
    await this.#letGoLost(nowMs);
    const ended = await this.#pool.read((session) => session(selectEnded(nowMs)));
    for (const [fingerprint] of ended) {
      const name = fingerprint as string;
      await this.#pool.write((session) => endTriage(session, name, nowMs, ignore));
    }
    if (!areSettled) await this.#judgeAll(ignore);
  }

  /** Lets go what is pinned for issues that are not there, unless they may still be found. */
  async #letGoLost(nowMs: number): Promise<void> {
    const lost = await this.#pool.read(async (session) => {
      const rows = await session(selectLostPins);
      if (rows.length === 0) return [];
      const [backlog] = await session(selectBacklog(1));
      return backlog?.every((count) => Number(count) === 0) ? rows : [];
    });
    for (const [fingerprint] of lost) {
      const name = fingerprint as string;
      await this.#pool.write((session) => unpinLost(session, name, nowMs));
    }
  }

  async #judgeAll(rules: readonly IgnoreRule[]): Promise<void> {
    this.#isSettled = false;
    for (let after = ''; ; ) {
      const query = selectFingerprints(after, ISSUES_JUDGED);
      const rows = await this.#pool.read((session) => session(query));
      const fingerprints = rows.map(([fingerprint]) => fingerprint as string);
      const last = fingerprints.at(-1);
      if (last === undefined) break;
      await this.#pool.write((session) => judgeIssues(session, fingerprints, rules));
      after = last;
    }
    this.#isSettled = true;
  }
}

async function readWitnessTraces(
  session: Session,
  fingerprint: string,
): Promise<readonly (readonly string[])[]> {
  const rows = await session(selectWitnessTraces(fingerprint, WITNESSES_SHOWN));
  return rows.map(([traceIds]) => traceIds as string[]);
}

async function readPins(
  session: Session,
): Promise<readonly { readonly fingerprint: string; readonly pin: Pin }[]> {
  const rows = await session(selectPins);
  return rows.map(([fingerprint, pin]) => ({
    fingerprint: fingerprint as string,
    pin: JSON.parse(pin as string) as Pin,
  }));
}
