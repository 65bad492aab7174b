import { compareCodePoints } from '../../domain/code-points.ts';
import type { EventRecord } from '../../domain/event/event.ts';
import { type Exclusion, nothingExcluded } from '../../domain/exclusion.ts';
import { type Baseline, describeBaseline, isOutgrown } from '../../domain/latency/baseline.ts';
import {
  bucketsOf,
  bucketWithout,
  type LatencyBucket,
  type LatencyLesson,
  mergeBuckets,
} from '../../domain/latency/buckets.ts';
import { countOf } from '../../domain/latency/histogram.ts';
import type {
  LearntOperation,
  OperationPage,
  OperationQuery,
} from '../../domain/latency/learnt.ts';
import { LearntSpans } from '../../domain/latency/learnt-spans.ts';
import {
  endOfHour,
  hourOf,
  keyOf,
  type LatencySpan,
  serviceOf,
} from '../../domain/latency/span.ts';
import { SpansOfAppend } from '../../domain/latency/spans-of-append.ts';
import {
  type Judgement,
  judgeSpans,
  LessonBook,
  nothingJudged,
} from '../../domain/latency/verdict.ts';
import { lowerAscii } from '../../domain/lower-ascii.ts';
import { RecentOperations } from '../recent-operations.ts';
import type { AppendRequest } from '../storage.ts';
import { type ReadStored, storedBeginnings } from './events/stored-beginnings.ts';
import type { StoredTrace } from './events/stored-trace.ts';

/** What an operation, a bucket and a bin take; generous, measured with V8 of Node 20. */
const OPERATION_BYTES = 1024;
const BUCKET_BYTES = 512;
const BIN_BYTES = 48;

interface OperationState {
  readonly buckets: Map<number, LatencyBucket>;
  /** The baseline that was asked for last, and how many spans its hour has got since. */
  known: { readonly hour: number; readonly baseline: Baseline; addedCount: number } | null;
  bytes: number;
}

/** What is known of the durations of operations, within a bound of its own. */
export class MemoryLatency {
  readonly #bytesMax: number;
  readonly #exclusion: Exclusion;
  readonly #operations = new RecentOperations<OperationState>();
  #bytes = 0;

  /** @param exclusion what is neither judged nor learnt */
  constructor(bytesMax: number, exclusion: Exclusion = nothingExcluded) {
    this.#bytesMax = bytesMax;
    this.#exclusion = exclusion;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Judges the new events of an append by what was learnt before.
   *
   * @param fresh by trace
   * @param read gives what is read from a stored trace; null when there is no such trace
   */
  judge(
    fresh: ReadonlyMap<string, readonly EventRecord[]>,
    requests: readonly AppendRequest[],
    receivedNs: bigint,
    read: ReadStored,
  ): Judgement {
    const inserted = [...fresh.values()].flat();
    const found = new SpansOfAppend(
      inserted,
      requests.flatMap(({ events }) => events),
      this.#exclusion,
    );
    if (found.isEmpty) return nothingJudged;
    const hour = hourOf(receivedNs);
    const spans = found.spans(storedBeginnings(found, read), receivedNs);
    return judgeSpans(spans, (span) => this.#baseline(span, hour));
  }

  /** The most bytes that lessons add. */
  growthBytes(lessons: readonly LatencyLesson[]): number {
    let growth = 0;
    for (const { learnt, flagged } of lessons) {
      growth += 2 * (BUCKET_BYTES + BIN_BYTES * (learnt.size + flagged.size));
    }
    return Math.min(growth, Math.max(0, this.#bytesMax - this.#bytes));
  }

  learn(lessons: readonly LatencyLesson[]): void {
    for (const lesson of lessons) {
      const operation = this.#operations.get(lesson.keyText);
      if (operation === null) continue;
      noteLesson(operation, lesson);
      for (const bucket of bucketsOf(lesson)) this.#add(operation, bucket);
    }
    while (this.#bytes > this.#bytesMax) {
      const oldest = this.#operations.evictOldest();
      if (oldest === null) return;
      this.#bytes -= oldest.bytes;
    }
  }

  /** Erases what the spans of a trace have taught. */
  eraseLessons(trace: StoredTrace): void {
    const flagged = new Set(trace.latency.verdicts.map(({ eventId }) => eventId));
    const lessons = new LessonBook();
    const learnt = new LearntSpans(this.#exclusion);
    for (const { events, hour } of trace.arrivals()) {
      for (const span of learnt.add(events, endOfHour(hour))) {
        lessons.add(span, flagged.has(span.event.id));
      }
    }
    for (const lesson of lessons.all) {
      const operation = this.#operations.get(lesson.keyText);
      if (operation === null) continue;
      operation.known = null;
      for (const bucket of bucketsOf(lesson)) this.#subtract(operation, bucket);
      if (operation.buckets.size > 0) continue;
      this.#operations.erase(lesson.keyText);
      this.#bytes -= operation.bytes;
    }
  }

  /** One page of the operations that something is known of. */
  page({ service, operation, text, limit, offset }: OperationQuery): OperationPage {
    const wanted = text === null ? null : lowerAscii(text);
    const found: LearntOperation[] = [];
    for (const [keyText, { buckets }] of this.#operations.entries()) {
      const key = keyOf(keyText);
      if (buckets.size === 0 || (service !== null && key.service !== service)) continue;
      if (operation !== null && key.operation !== operation) continue;
      if (wanted !== null && !lowerAscii(key.operation).includes(wanted)) continue;
      found.push({ key, buckets: [...buckets.values()].sort((a, b) => a.slot - b.slot) });
    }
    return {
      operations: found.sort(compareOperations).slice(offset, offset + limit),
      total: found.length,
    };
  }

  /** Erases what was learnt of a service. */
  eraseServiceLessons(service: string): void {
    const erased = this.#operations.eraseAll((keyText) => serviceOf(keyText) === service);
    for (const { bytes } of erased) this.#bytes -= bytes;
  }

  /** Buckets in use; for counts, it looks at every operation. */
  get bucketCount(): number {
    let count = 0;
    for (const { buckets } of this.#operations.states()) count += buckets.size;
    return count;
  }

  clear(): void {
    this.#operations.clear();
    this.#bytes = 0;
  }

  #baseline(span: LatencySpan, hour: number): Baseline | null {
    const operation = this.#operations.use(
      span.keyText,
      hour,
      () => this.#create(span.keyText),
      (released) => {
        this.#bytes -= released.bytes;
      },
    );
    if (operation === null) return null;
    if (operation.known?.hour !== span.hour) {
      const baseline = describeBaseline(operation.buckets.values(), span.hour);
      operation.known = { hour: span.hour, baseline, addedCount: 0 };
    }
    return operation.known.baseline;
  }

  #create(keyText: string): OperationState {
    const bytes = OPERATION_BYTES + 2 * keyText.length;
    this.#bytes += bytes;
    return { buckets: new Map(), known: null, bytes };
  }

  #add(operation: OperationState, added: LatencyBucket): void {
    const before = operation.buckets.get(added.slot);
    const after = before === undefined ? added : mergeBuckets(before, added);
    operation.buckets.set(added.slot, after);
    const growth = bucketBytes(after) - (before === undefined ? 0 : bucketBytes(before));
    operation.bytes += growth;
    this.#bytes += growth;
  }

  #subtract(operation: OperationState, part: LatencyBucket): void {
    const before = operation.buckets.get(part.slot);
    if (before === undefined) return;
    const after = bucketWithout(before, part);
    if (after === null) operation.buckets.delete(part.slot);
    else operation.buckets.set(part.slot, after);
    const shrinkage = bucketBytes(before) - (after === null ? 0 : bucketBytes(after));
    operation.bytes -= shrinkage;
    this.#bytes -= shrinkage;
  }
}

function compareOperations({ key: a }: LearntOperation, { key: b }: LearntOperation): number {
  return (
    compareCodePoints(a.service, b.service) ||
    compareCodePoints(a.operation, b.operation) ||
    compareCodePoints(a.kind, b.kind) ||
    compareCodePoints(a.status, b.status)
  );
}

/** Forgets a baseline that a lesson changes. */
function noteLesson(operation: OperationState, { hour, learnt }: LatencyLesson): void {
  const { known } = operation;
  if (known?.hour === hour) known.addedCount += countOf(learnt);
  if (known?.hour !== hour || isOutgrown(known.baseline, known.addedCount)) operation.known = null;
}

function bucketBytes({ learnt, flagged }: LatencyBucket): number {
  return BUCKET_BYTES + BIN_BYTES * (learnt.size + flagged.size);
}
