import {
  isRaisable,
  noRows,
  type RevealedRows,
  revealedRows,
} from '../../analysis/issues/revealed-rows.ts';
import type { VariableCourses } from '../../domain/findings/variable-state.ts';
import { optInsOf } from '../../domain/parameter-opt-ins.ts';

/** How often rows are counted, while spans come. */
export const rowCountEveryMs = 10 * 60_000;

/** How often a service is told the same, at the most. */
export const adviceEveryMs = 60 * 60_000;

/** Which libraries made the statements of which services. */
export type StatementScopes = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * Tells exporters which line of their program would make the rows known that its latest requests
 * access. OTLP foresees warnings in the answer to a request of which nothing was refused.
 */
export class RowAdvice {
  readonly #readCourses: () => Promise<readonly VariableCourses[]>;
  readonly #nowMs: () => number;
  #rows: ReadonlyMap<string, RevealedRows> | null = null;
  /** What came between the last two counts: who has made all rows known is told nothing more. */
  readonly #latest = new Map<string, RevealedRows>();
  #countedMs = Number.NEGATIVE_INFINITY;
  readonly #toldMs = new Map<string, number>();

  constructor(
    readCourses: () => Promise<readonly VariableCourses[]>,
    nowMs: () => number = () => performance.now(),
  ) {
    this.#readCourses = readCourses;
    this.#nowMs = nowMs;
  }

  /**
   * For those who sent statements just now, at once: rows are counted behind the answer.
   *
   * @returns '' when there is nothing to be told
   */
  for(senders: StatementScopes): string {
    if (senders.size === 0) return '';
    const nowMs = this.#nowMs();
    for (const [service, scopes] of senders) {
      const rows = this.#latest.get(service);
      if (rows === undefined || nowMs - this.#told(service) < adviceEveryMs) continue;
      this.#toldMs.set(service, nowMs);
      return sentence(service, rows, scopes);
    }
    if (nowMs - this.#countedMs >= rowCountEveryMs) {
      this.#countedMs = nowMs;
      void this.#count(nowMs);
    }
    return '';
  }

  #told(service: string): number {
    return this.#toldMs.get(service) ?? Number.NEGATIVE_INFINITY;
  }

  async #count(nowMs: number): Promise<void> {
    let rows: ReadonlyMap<string, RevealedRows>;
    try {
      rows = revealedRows(await this.#readCourses());
    } catch {
      // A storage that fails is told of by those who need it.
      return;
    }
    const before = this.#rows;
    this.#rows = rows;
    this.#latest.clear();
    for (const [service, counted] of rows) {
      const latest = before === null ? noRows : more(counted, before.get(service) ?? noRows);
      if (isRaisable(latest)) this.#latest.set(service, latest);
    }
    for (const [service, toldMs] of this.#toldMs) {
      if (nowMs - toldMs >= adviceEveryMs) this.#toldMs.delete(service);
    }
  }
}

function more(rows: RevealedRows, before: RevealedRows): RevealedRows {
  return {
    exact: rows.exact - before.exact,
    hinted: rows.hinted - before.hinted,
    unknown: rows.unknown - before.unknown,
  };
}

function sentence(
  service: string,
  { exact, hinted, unknown }: RevealedRows,
  scopes: ReadonlySet<string>,
): string {
  const unsure = Math.max(0, hinted) + Math.max(0, unknown);
  const all = unsure + Math.max(0, exact);
  const lines = optInsOf(scopes).map(({ library, line }) => `${library}: ${line}`);
  return (
    `Raceway stored everything. It cannot tell for sure which rows ${unsure} of the last ${all} ` +
    `requests of ${service} that it counted access, so races on them stay uncertain. One line shows ` +
    `them, and has the values of statements stored: ${lines.join('; or ')}`
  );
}
