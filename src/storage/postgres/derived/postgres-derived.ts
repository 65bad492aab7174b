import { coursesOfVariable, summarizeVariable } from '../../../analysis/issues/variable-sites.ts';
import type { Footprint } from '../../../domain/findings/footprint.ts';
import {
  type Issue,
  type IssueBounds,
  type IssuePage,
  type IssueQuery,
  WITNESSES_SHOWN,
} from '../../../domain/findings/issue.ts';
import type { VariablePage, VariableQuery } from '../../../domain/findings/variable-query.ts';
import type {
  VariableCourses,
  VariableState,
  VariableSummary,
} from '../../../domain/findings/variable-state.ts';
import type { IssueGlances } from '../../../domain/issue-traits.ts';
import type { ComparisonRecord, TraceRecord } from '../../../domain/trace/trace-record.ts';
import {
  type Aftermath,
  CLAIM_SECONDS,
  type ClaimedComparison,
  type ClaimedTrace,
  type ComparisonChoice,
  type CutSummary,
  type DerivedStore,
  type Encounter,
  type FootprintPlace,
  type Neighbour,
  RACED_TRACES_SHOWN,
  type RacedVariable,
  type Regrouping,
  type ServiceCallTotals,
  type VariableHistoryQuery,
  type WaitingWork,
} from '../../derived.ts';
import { nameKey } from '../../name-key.ts';
import type { PinSizes } from '../../pin-sizes.ts';
import type { PostgresPool } from '../connection/pool.ts';
import type { Query } from '../connection/query.ts';
import type { Reads } from '../connection/reads.ts';
import { isText } from '../connection/text.ts';
import {
  type ClaimRow,
  claimComparisons,
  claimTraces,
  markAnalyses,
  releaseClaims,
  selectBacklog,
  selectWaiting,
  type WaitingRow,
} from './claim-queries.ts';
import {
  type CutRow,
  type NeighbourRow,
  selectCuts,
  selectFootprints,
  selectNeighbours,
} from './derived-queries.ts';
import { issueOf, traitsOf } from './derived-rows.ts';
import { writeAnalyses, writeComparisons } from './derived-writes.ts';
import {
  type IssueOfPageRow,
  type IssueRow,
  type IssueTraitsRow,
  selectIssue,
  selectIssues,
  selectIssuesOfTraces,
  selectIssueTraits,
} from './issue-queries.ts';
import {
  type ServiceCallsRow,
  selectLinkedTraces,
  selectServiceCalls,
  selectServiceCallsIn,
} from './link-queries.ts';
import { PostgresTriage } from './postgres-triage.ts';
import {
  countVariables,
  type ListedVariableRow,
  type RacedVariableRow,
  selectRacedVariables,
  selectTopVariables,
  selectVariableHistory,
  selectVariables,
} from './variable-queries.ts';

const NS_PER_MS = 1_000_000n;

/**
 * The derived store of the Postgres backend. Holds no state but the rules of the configuration: several
 * instances share the work.
 */
export class PostgresDerived implements DerivedStore {
  readonly #pool: PostgresPool;
  readonly #reads: Reads;
  readonly triage: PostgresTriage;

  /** @param reads what people and their clients ask for; the analysis reads where it writes */
  constructor(pool: PostgresPool, reads: Reads, sizesOf: PinSizes) {
    this.#pool = pool;
    this.#reads = reads;
    this.triage = new PostgresTriage(pool, (fingerprint) => this.issue(fingerprint), sizesOf);
  }

  async claimTraces(
    claimant: string,
    limit: number,
    eventsMax: number | null,
  ): Promise<readonly ClaimedTrace[]> {
    const query = claimTraces(claimant, limit, CLAIM_SECONDS, eventsMax);
    const rows = await this.#pool.write((session) => session.named<ClaimRow>(query));
    return rows.map((row) => ({
      traceId: row.trace_id,
      eventCount: Number(row.event_count),
      mark: Number(row.analyse_mark),
    }));
  }

  async linkedTraces(
    traceId: string,
    { own, missing }: { readonly own: readonly string[]; readonly missing: readonly string[] },
  ): Promise<readonly string[]> {
    if (own.length === 0 && missing.length === 0) return [];
    const rows = await this.#read(selectLinkedTraces(traceId, own, missing));
    return rows.map(([linked]) => linked as string);
  }

  async recordTraces(claimant: string, records: readonly TraceRecord[]): Promise<Aftermath> {
    if (records.length === 0) return { spans: [], traceIds: [], left: [] };
    return this.#pool.write((session) =>
      writeAnalyses(session, claimant, records, this.triage.rules),
    );
  }

  async claimComparisons(
    claimant: string,
    limit: number,
    choice: ComparisonChoice | null,
  ): Promise<readonly ClaimedComparison[]> {
    const query = claimComparisons(claimant, limit, CLAIM_SECONDS, choice);
    const rows = await this.#pool.write((session) => session.named<ClaimRow>(query));
    return rows.map((row) => ({
      traceId: row.trace_id,
      mark: Number(row.compare_mark),
      spreads: row.compare_spreads,
    }));
  }

  async footprints(traceIds: readonly string[]): Promise<readonly Footprint[]> {
    if (traceIds.length === 0) return [];
    const rows = await this.#read(selectFootprints(traceIds));
    return rows.map(([document]) => JSON.parse(document as string) as Footprint);
  }

  async neighbours(
    places: readonly FootprintPlace[],
    before: number,
    after: number,
  ): Promise<readonly Neighbour[]> {
    if (places.length === 0) return [];
    const wanted = places.map(({ variable, firstNs, traceId }, number) => ({
      number,
      variable_key: nameKey(variable),
      variable,
      first_ns: String(firstNs),
      trace_id: traceId,
    }));
    const query = selectNeighbours(JSON.stringify(wanted), before, after);
    const rows = await this.#pool.read((session) => session.named<NeighbourRow>(query));
    return rows.map((row) => ({
      traceId: row.trace_id,
      variable: row.variable,
      firstNs: BigInt(row.first_ns),
      lastNs: BigInt(row.last_ns),
      isTransaction: row.is_transaction,
    }));
  }

  async recordComparisons(
    claimant: string,
    records: readonly ComparisonRecord[],
    met: readonly Encounter[],
  ): Promise<void> {
    if (records.length === 0 && met.length === 0) return;
    await this.#pool.write((session) =>
      writeComparisons(session, claimant, records, met, this.triage.rules),
    );
  }

  async regroup({ spans, traceIds }: Regrouping): Promise<void> {
    const rows = spans.map(({ traceId, spanId, isMissing }) => ({
      trace_id: traceId,
      span_id: spanId,
      is_missing: isMissing,
    }));
    const query = markAnalyses(traceIds, JSON.stringify(rows));
    await this.#pool.write((session) => session(query));
  }

  async releaseClaims(claimant: string): Promise<void> {
    await this.#pool.write((session) => session(releaseClaims(claimant)));
  }

  async backlog(limit: number): Promise<number> {
    const [row] = await this.#read(selectBacklog(limit));
    return Math.min(limit, Number(row?.[0]));
  }

  async waiting(): Promise<WaitingWork> {
    const [row] = await this.#pool.read((session) => session.named<WaitingRow>(selectWaiting()));
    const oldestNs = row?.oldest_ns ?? null;
    return {
      traces: Number(row?.waiting ?? 0),
      oldestMs: oldestNs === null ? null : Number(BigInt(oldestNs) / NS_PER_MS),
    };
  }

  async cuts(limit: number): Promise<CutSummary> {
    const rows = await this.#reads.read((session) => session.named<CutRow>(selectCuts(limit)));
    return {
      cuts: rows.flatMap(({ trace_id: traceId, limit_name: name, variable }) =>
        traceId === null ? [] : [{ traceId, limit: name, variable }],
      ),
      count: Number(rows[0]?.cut_count),
      truncatedBy: rows[0]?.truncated_by ?? null,
    };
  }

  async issues(query: IssueQuery): Promise<IssuePage> {
    const texts = [query.variable, query.service, query.environment, query.text];
    if (!texts.every((text) => isText(text ?? ''))) {
      const hidden = { belowEvidence: 0, unknownScope: 0, requestLocal: 0, ignored: 0 };
      return { issues: [], total: 0, pairs: 0, hidden };
    }
    const rows = await this.#reads.read((session) =>
      session.named<IssueOfPageRow>(selectIssues(query, WITNESSES_SHOWN)),
    );
    const [all] = rows;
    return {
      issues: rows.flatMap((row) =>
        row.subject === null ? [] : [issueOf(row, this.triage.owners)],
      ),
      total: Number(all?.total),
      pairs: Number(all?.pairs),
      hidden: {
        belowEvidence: Number(all?.below_evidence),
        unknownScope: Number(all?.unknown_scope),
        requestLocal: Number(all?.request_local),
        ignored: Number(all?.ignored),
      },
    };
  }

  async issueGlances(limit: number): Promise<IssueGlances> {
    const rows = await this.#reads.read((session) =>
      session.named<IssueTraitsRow>(selectIssueTraits(limit + 1)),
    );
    return { issues: rows.slice(0, limit).map(traitsOf), isWhole: rows.length <= limit };
  }

  async issue(fingerprint: string): Promise<Issue | null> {
    if (!isText(fingerprint)) return null;
    const [row] = await this.#reads.read((session) =>
      session.named<IssueRow>(selectIssue(fingerprint, WITNESSES_SHOWN)),
    );
    return row === undefined ? null : issueOf(row, this.triage.owners);
  }

  async issuesOfTraces(traceIds: readonly string[], limit: number): Promise<readonly Issue[]> {
    const wanted = traceIds.filter(isText);
    if (wanted.length === 0) return [];
    const rows = await this.#reads.read((session) =>
      session.named<IssueRow>(selectIssuesOfTraces(wanted, limit)),
    );
    return rows.map((row) => issueOf(row, this.triage.owners));
  }

  async serviceCalls(environment: string | null = null): Promise<readonly ServiceCallTotals[]> {
    if (!isText(environment ?? '')) return [];
    const query = environment === null ? selectServiceCalls : selectServiceCallsIn(environment);
    const rows = await this.#reads.read((session) => session.named<ServiceCallsRow>(query));
    return rows.map((row) => ({
      from: row.from_service,
      to: row.to_service,
      linkType: row.link_type,
      calls: Number(row.calls),
      traceCount: Number(row.trace_count),
    }));
  }

  async variables(query: VariableQuery): Promise<VariablePage> {
    const texts = [query.text, query.variable, query.environment];
    if (!texts.every((text) => isText(text ?? ''))) {
      return { variables: [], total: 0 };
    }
    return this.#reads.read(async (session) => {
      const total = Number((await session(countVariables(query)))[0]?.[0]);
      const rows = await session.named<ListedVariableRow>(selectVariables(query));
      const variables = rows.map(({ document, race_count }) => ({
        ...totalsOf(document, query.environment),
        race_count: Number(race_count),
      }));
      return { variables, total };
    });
  }

  async variableHistory(query: VariableHistoryQuery): Promise<readonly Footprint[]> {
    const texts = [query.variable, query.before?.traceId, query.environment];
    if (!texts.every((text) => isText(text ?? ''))) return [];
    const rows = await this.#reads.read((session) => session(selectVariableHistory(query)));
    return rows.map(([document]) => JSON.parse(document as string) as Footprint);
  }

  async topVariables(
    limit: number,
    environment: string | null = null,
  ): Promise<readonly VariableSummary[]> {
    if (!isText(environment ?? '')) return [];
    const rows = await this.#reads.read((session) =>
      session(selectTopVariables(limit, environment)),
    );
    return rows.map(([document]) => totalsOf(document, environment));
  }

  async courses(limit: number): Promise<readonly VariableCourses[]> {
    const rows = await this.#reads.read((session) => session(selectTopVariables(limit, null)));
    return rows.flatMap(([document]) => coursesOfVariable(stateOf(document)) ?? []);
  }

  async racedVariables(bounds: IssueBounds, limit: number): Promise<readonly RacedVariable[]> {
    if (!isText(bounds.environment ?? '')) return [];
    const query = selectRacedVariables(bounds, limit, RACED_TRACES_SHOWN);
    const rows = await this.#reads.read((session) => session.named<RacedVariableRow>(query));
    return rows.map((row) => ({
      ...totalsOf(row.document, bounds.environment),
      severity: row.is_critical ? 'CRITICAL' : 'WARNING',
      traceIds: row.trace_ids,
    }));
  }

  #read(query: Query): Promise<unknown[][]> {
    return this.#pool.read((session) => session(query));
  }
}

function totalsOf(document: unknown, environment: string | null): VariableSummary {
  return summarizeVariable(stateOf(document), environment);
}

function stateOf(document: unknown): VariableState {
  return JSON.parse(document as string) as VariableState;
}
