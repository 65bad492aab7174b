import type { EventRecord } from '../../../domain/event/event.ts';
import { requestOperation } from '../../../domain/event/operation.ts';
import {
  type Exclusion,
  type KnownRequest,
  nothingExcluded,
  storedUserAgent,
} from '../../../domain/exclusion.ts';
import { parseJson } from '../../../domain/json.ts';
import { type Baseline, describeBaseline, isOutgrown } from '../../../domain/latency/baseline.ts';
import { type LatencyBucket, mergeBuckets } from '../../../domain/latency/buckets.ts';
import { countOf } from '../../../domain/latency/histogram.ts';
import { REQUEST_TOLERANCE_NS } from '../../../domain/latency/request.ts';
import { CALL_SEARCH_EVENTS, type FunctionEvent } from '../../../domain/latency/returned-calls.ts';
import { hourOf, type LatencySpan } from '../../../domain/latency/span.ts';
import { type OpenStep, SpansOfAppend } from '../../../domain/latency/spans-of-append.ts';
import { type Judgement, judgeSpans, nothingJudged } from '../../../domain/latency/verdict.ts';
import { RecentOperations } from '../../recent-operations.ts';
import type { Session } from '../connection/session.ts';
import {
  insertVerdicts,
  mergeBucketRows,
  selectBuckets,
  selectFunctions,
  selectRequests,
} from './latency-queries.ts';
import {
  bucketOf,
  bucketRows,
  functionEventOf,
  operationKey,
  verdictRows,
} from './latency-rows.ts';

/**
 * How long a baseline is believed. While its hours are over, only what other instances add late can
 * change it; in its first hour an operation is learnt by all of them.
 */
const SETTLED_AGE_MAX_NS = 300_000_000_000n;
const YOUNG_AGE_MAX_NS = 10_000_000_000n;

interface KnownBaseline {
  readonly hour: number;
  readonly readNs: bigint;
  readonly baseline: Baseline;
  /** Spans that this process has added to the hour since. */
  addedCount: number;
}

interface OperationState {
  readonly key: string;
  known: KnownBaseline | null;
}

/**
 * Judges and learns durations in the transactions of appends. Keeps baselines of the operations
 * that this process meets, nothing else: what was learnt is in the database.
 */
export class PostgresLatency {
  readonly #exclusion: Exclusion;
  readonly #operations = new RecentOperations<OperationState>();

  /** @param exclusion what is neither judged nor learnt */
  constructor(exclusion: Exclusion = nothingExcluded) {
    this.#exclusion = exclusion;
  }

  /** What is left out of durations. */
  get exclusion(): Exclusion {
    return this.#exclusion;
  }

  /**
   * Judges the events that a transaction has just inserted, by what was learnt before it.
   *
   * @param appended all events of the append, also those that were there
   */
  async judge(
    session: Session,
    inserted: readonly EventRecord[],
    appended: readonly EventRecord[],
    receivedNs: bigint,
  ): Promise<Judgement> {
    const found = new SpansOfAppend(inserted, appended, this.#exclusion);
    if (found.isEmpty) return nothingJudged;
    const { asksForUserAgents } = this.#exclusion;
    const requests = await findRequests(session, found.unanswered, asksForUserAgents);
    const functions = await findFunctions(session, found.uncalled);
    const requestOf = ({ event }: OpenStep) => requests.get(event) ?? null;
    const spans = found.spans({ requestOf, functions }, receivedNs);
    const baselines = await this.#baselines(session, spans, receivedNs);
    return judgeSpans(spans, (span) => baselines.get(placeOf(span)) ?? null);
  }

  /** Stores what was told, then what is to be learnt: last, for others wait for these rows. */
  async store(session: Session, { traces, lessons }: Judgement): Promise<void> {
    const hasVerdicts = [...traces.values()].some(({ verdicts }) => verdicts.length > 0);
    if (hasVerdicts) await session(insertVerdicts(verdictRows(traces)));
    if (lessons.length === 0) return;
    for (const { keyText, hour, learnt } of lessons) {
      const operation = this.#operations.get(keyText);
      if (operation === null) continue;
      const { known } = operation;
      if (known?.hour === hour) known.addedCount += countOf(learnt);
      else operation.known = null;
    }
    await session(mergeBucketRows(bucketRows(lessons)));
  }

  /** What is known for each operation and hour; those that are not learnt are left out. */
  async #baselines(
    session: Session,
    spans: readonly LatencySpan[],
    receivedNs: bigint,
  ): Promise<ReadonlyMap<string, Baseline>> {
    const baselines = new Map<string, Baseline>();
    const unknown = new Map<string, { hour: number; operation: OperationState }>();
    for (const span of spans) {
      const place = placeOf(span);
      if (baselines.has(place) || unknown.has(place)) continue;
      const operation = this.#operations.use(span.keyText, hourOf(receivedNs), () => ({
        key: operationKey(span.keyText),
        known: null,
      }));
      if (operation === null) continue;
      const { known } = operation;
      if (known?.hour === span.hour && isBelieved(known, receivedNs)) {
        baselines.set(place, known.baseline);
      } else unknown.set(place, { hour: span.hour, operation });
    }
    const buckets = await readBuckets(
      session,
      [...unknown.values()].map(({ operation }) => operation.key),
    );
    for (const [place, { hour, operation }] of unknown) {
      const baseline = describeBaseline(buckets.get(operation.key) ?? [], hour);
      operation.known = { hour, readNs: receivedNs, baseline, addedCount: 0 };
      baselines.set(place, baseline);
    }
    return baselines;
  }
}

function isBelieved({ baseline, readNs, addedCount }: KnownBaseline, nowNs: bigint): boolean {
  const ageMaxNs = baseline.rest === 'settled' ? SETTLED_AGE_MAX_NS : YOUNG_AGE_MAX_NS;
  return nowNs - readNs < ageMaxNs && !isOutgrown(baseline, addedCount);
}

function placeOf({ keyText, hour }: LatencySpan): string {
  return `${hour} ${keyText}`;
}

/** The requests that steps are part of, as far as they are stored. */
async function findRequests(
  session: Session,
  steps: readonly OpenStep[],
  withUserAgent: boolean,
): Promise<ReadonlyMap<EventRecord, KnownRequest>> {
  if (steps.length === 0) return new Map();
  const wanted = steps.map(({ event, strand }, place) => ({
    place,
    trace_id: event.traceId,
    strand,
    before_ns: String(event.timestampNs + REQUEST_TOLERANCE_NS),
  }));
  const rows = await session(selectRequests(JSON.stringify(wanted), withUserAgent));
  return new Map(
    rows.map(([place, method, url, headers, extra]) => [
      (steps[place as number] as OpenStep).event,
      {
        operation: requestOperation(method as string, url as string),
        userAgent: withUserAgent
          ? storedUserAgent(
              parseJson((headers as string | null) ?? 'null').value,
              (extra as string | null) ?? '',
            )
          : null,
      },
    ]),
  );
}

/** The calls and returns among which are the calls that these returns end, as far as they are stored. */
async function findFunctions(
  session: Session,
  returns: readonly EventRecord[],
): Promise<readonly FunctionEvent[]> {
  if (returns.length === 0) return [];
  const wanted = new Map<string, { untilNs: bigint; operations: Set<string> }>();
  for (const { traceId, timestampNs, operation } of returns) {
    const trace = wanted.get(traceId) ?? { untilNs: timestampNs, operations: new Set() };
    wanted.set(traceId, trace);
    if (timestampNs > trace.untilNs) trace.untilNs = timestampNs;
    trace.operations.add(operation);
  }
  const rows = [...wanted].map(([traceId, { untilNs, operations }]) => ({
    trace_id: traceId,
    until_ns: String(untilNs),
    operations: [...operations],
  }));
  const found = await session(selectFunctions(JSON.stringify(rows), CALL_SEARCH_EVENTS));
  return found.map(functionEventOf);
}

/** The buckets of operations, by their keys: each the sum of its stripes. */
export async function readBuckets(
  session: Session,
  keys: readonly string[],
): Promise<ReadonlyMap<string, LatencyBucket[]>> {
  const buckets = new Map<string, Map<number, LatencyBucket>>();
  if (keys.length === 0) return new Map();
  for (const row of await session(selectBuckets([...new Set(keys)]))) {
    const key = row[0] as string;
    const bucket = bucketOf(row);
    const slots = buckets.get(key) ?? new Map<number, LatencyBucket>();
    const other = slots.get(bucket.slot);
    slots.set(bucket.slot, other === undefined ? bucket : mergeBuckets(other, bucket));
    buckets.set(key, slots);
  }
  return new Map([...buckets].map(([key, slots]) => [key, [...slots.values()]]));
}
