import { compareEvents } from '../trace/trace.ts';
import type { Baseline } from './baseline.ts';
import type { LatencyLesson } from './buckets.ts';
import { addToHistogram, binOf } from './histogram.ts';
import { judge, type LatencyAnomaly } from './judge.ts';
import { spanLabel, spanLocation } from './label.ts';
import type { LatencyKey, LatencySpan } from './span.ts';

/** A span that was slow or fast for its operation, as it was told when it was stored. */
export interface LatencyVerdict extends LatencyAnomaly {
  readonly eventId: string;
  /** As it was sent. */
  readonly timestamp: string;
  readonly timestampNs: bigint;
  readonly key: LatencyKey;
  /** The kind of the event with a detail, for people: `HttpResponse(200)`. */
  readonly label: string;
  /** Where in the code; `unknown` when the event does not say. */
  readonly location: string;
  readonly durationMs: number;
}

/** What was told of the spans of one trace when they were stored. */
export interface TraceLatency {
  /** By timestamp, then event id. */
  readonly verdicts: readonly LatencyVerdict[];
  /** All anomalies, among `verdicts` or not. */
  readonly anomalyCount: number;
  /** Spans that were judged, the anomalies included. */
  readonly judgedCount: number;
  /** Spans of which nothing could be told: too few were known of their operation. */
  readonly unjudgedCount: number;
  /**
   * Of the operations of its spans that were still being learnt, how many spans were known of the one
   * known least; null when there was none.
   */
  readonly learningCount: number | null;
}

export interface Judgement {
  /** By trace id. */
  readonly traces: ReadonlyMap<string, TraceLatency>;
  /** One per operation and hour. */
  readonly lessons: readonly LatencyLesson[];
}

export const nothingJudged: Judgement = { traces: new Map(), lessons: [] };

export const nothingTold: TraceLatency = {
  verdicts: [],
  anomalyCount: 0,
  judgedCount: 0,
  unjudgedCount: 0,
  learningCount: null,
};

/**
 * Judges new spans by what was known before any of them. Flagged spans are not to be learnt: a
 * baseline that learns them soon finds only a quarter of the anomalies.
 *
 * @param baselineOf what was known of a span's operation; null when the operation is not learnt
 */
export function judgeSpans(
  spans: readonly LatencySpan[],
  baselineOf: (span: LatencySpan) => Baseline | null,
): Judgement {
  const traces = new Map<string, MutableTraceLatency>();
  const known = new Map<string, KnownOperation>();
  const lessons = new LessonBook();
  for (const span of spans) {
    const { baseline, lesson } = knownOperation(known, span, baselineOf, lessons);
    const trace = entryOf(traces, span.event.traceId, () => ({ ...nothingTold, verdicts: [] }));
    if (baseline === null || lesson === null) {
      trace.unjudgedCount += 1;
      continue;
    }
    const found = judge(baseline, span.durationMs);
    if (found === 'learning') {
      trace.unjudgedCount += 1;
      trace.learningCount = leastCount(trace.learningCount, baseline.count);
    } else trace.judgedCount += 1;
    if (typeof found === 'object') {
      trace.anomalyCount += 1;
      trace.verdicts.push(verdictOf(span, found));
    }
    teach(lesson, span, typeof found === 'object');
  }
  return { traces, lessons: lessons.all };
}

/** What is known of the spans of one operation that were judged together, all of one hour. */
interface KnownOperation {
  readonly hour: number;
  readonly baseline: Baseline | null;
  /** null: it is not learnt */
  readonly lesson: MutableLesson | null;
}

/** Spans of an operation come many at once; those of another hour than the one before are looked up. */
function knownOperation(
  known: Map<string, KnownOperation>,
  span: LatencySpan,
  baselineOf: (span: LatencySpan) => Baseline | null,
  lessons: LessonBook,
): KnownOperation {
  const before = known.get(span.keyText);
  if (before?.hour === span.hour) return before;
  const baseline = baselineOf(span);
  const lesson = baseline === null ? null : lessons.lessonOf(span);
  const found = { hour: span.hour, baseline, lesson };
  known.set(span.keyText, found);
  return found;
}

/** What spans teach. */
export class LessonBook {
  readonly #lessons = new Map<string, MutableLesson>();

  /** One per operation and hour. */
  get all(): LatencyLesson[] {
    return [...this.#lessons.values()];
  }

  add(span: LatencySpan, isFlagged: boolean): void {
    teach(this.lessonOf(span), span, isFlagged);
  }

  /** That of the operation and hour of a span, for {@link teach}. */
  lessonOf({ key, keyText, hour }: LatencySpan): MutableLesson {
    return entryOf(this.#lessons, `${hour} ${keyText}`, () => ({
      key,
      keyText,
      hour,
      learnt: new Map(),
      flagged: new Map(),
    }));
  }
}

function teach(lesson: MutableLesson, { durationMs }: LatencySpan, isFlagged: boolean): void {
  addToHistogram(isFlagged ? lesson.flagged : lesson.learnt, binOf(durationMs), 1);
}

interface MutableTraceLatency extends TraceLatency {
  readonly verdicts: LatencyVerdict[];
  anomalyCount: number;
  judgedCount: number;
  unjudgedCount: number;
  learningCount: number | null;
}

interface MutableLesson extends LatencyLesson {
  readonly learnt: Map<number, number>;
  readonly flagged: Map<number, number>;
}

function entryOf<Value>(map: Map<string, Value>, key: string, create: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const created = create();
  map.set(key, created);
  return created;
}

function verdictOf(span: LatencySpan, anomaly: LatencyAnomaly): LatencyVerdict {
  const { event, key, durationMs } = span;
  const { payload } = span.parts();
  return {
    ...anomaly,
    eventId: event.id,
    timestamp: event.timestamp,
    timestampNs: event.timestampNs,
    key,
    label: spanLabel(event, payload),
    location: spanLocation(event, payload),
    durationMs,
  };
}

/** What was told of disjoint sets of spans of one trace. */
export function mergeTraceLatency(a: TraceLatency, b: TraceLatency): TraceLatency {
  return {
    verdicts: b.verdicts.length === 0 ? a.verdicts : inOrder([...a.verdicts, ...b.verdicts]),
    anomalyCount: a.anomalyCount + b.anomalyCount,
    judgedCount: a.judgedCount + b.judgedCount,
    unjudgedCount: a.unjudgedCount + b.unjudgedCount,
    learningCount: leastCount(a.learningCount, b.learningCount),
  };
}

function leastCount(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.min(a, b);
}

function inOrder(verdicts: LatencyVerdict[]): LatencyVerdict[] {
  return verdicts.sort((a, b) =>
    compareEvents(
      { timestampNs: a.timestampNs, id: a.eventId },
      { timestampNs: b.timestampNs, id: b.eventId },
    ),
  );
}
