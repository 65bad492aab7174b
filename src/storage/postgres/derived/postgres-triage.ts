import {
  type FindingRules,
  type IgnoreRule,
  noRules,
  type OwnerRule,
} from '../../../domain/findings/finding-rules.ts';
import type { Issue } from '../../../domain/findings/issue.ts';
import type { TriageAuthor, TriageChange, TriageRecord } from '../../../domain/findings/triage.ts';
import { soundChange, type TriageStore } from '../../triage-store.ts';
import type { PostgresPool } from '../connection/pool.ts';
import { selectEnded, selectFingerprints, selectTriage } from './triage-queries.ts';
import { endTriage, judgeIssues, retriage } from './triage-writes.ts';

/** Issues that one transaction holds against the rules. */
const ISSUES_JUDGED = 200;

/** What persons said of the issues of the Postgres backend. */
export class PostgresTriage implements TriageStore {
  readonly #pool: PostgresPool;
  readonly #issue: (fingerprint: string) => Promise<Issue | null>;
  #rules: FindingRules = noRules;
  /** Whether all issues were held against the rules since the start. */
  #isSettled = false;

  constructor(pool: PostgresPool, issue: (fingerprint: string) => Promise<Issue | null>) {
    this.#pool = pool;
    this.#issue = issue;
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
    return row === undefined ? null : (JSON.parse(row[0] as string) as TriageRecord);
  }

  async change(
    fingerprint: string,
    change: TriageChange,
    author: TriageAuthor,
  ): Promise<Issue | null> {
    const own = (await this.#issue(fingerprint))?.subject.fingerprint;
    if (own === undefined) return null;
    const next = (known: TriageRecord | null) => soundChange(known, change, author);
    await this.#pool.write((session) => retriage(session, own, next, this.rules));
    return this.#issue(own);
  }

  async settle(nowMs: number, rules: FindingRules): Promise<void> {
    const { ignore } = rules;
    const areSettled = this.#isSettled && JSON.stringify(ignore) === JSON.stringify(this.rules);
    this.#rules = rules;
    const ended = await this.#pool.read((session) => session(selectEnded(nowMs)));
    for (const [fingerprint] of ended) {
      const name = fingerprint as string;
      await this.#pool.write((session) => endTriage(session, name, nowMs, ignore));
    }
    if (!areSettled) await this.#judgeAll(ignore);
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
