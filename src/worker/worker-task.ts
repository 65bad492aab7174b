import type { StatementReader } from '../analysis/statements/statement-reader.ts';
import { traceReport } from '../analysis/trace-report.ts';
import { type AnalysisSwitches, comparisonsOf, recordOf } from '../analysis/trace-work.ts';
import { witnessSurroundings } from '../analysis/witness-surroundings.ts';
import { type AnalysedEvent, decodeEvents, mayBeOfSpan } from '../domain/event/event-parts.ts';
import type { WrittenEvents } from '../domain/event/written-events.ts';
import type { Footprint } from '../domain/findings/footprint.ts';
import type { NamedRaces } from '../domain/findings/issue.ts';
import type {
  ComparisonRecord,
  Cut,
  RecordLimit,
  TraceRecord,
} from '../domain/trace/trace-record.ts';
import { type Bundle, packAll } from '../storage/memory/bytes/packing.ts';
import { mayHoldSpans, readWritten } from '../storage/memory/bytes/written-events.ts';
import { columnsOf, type EventColumns, eventsOf } from './event-columns.ts';

/** A trace with the stored events of its causal group. */
export interface GroupEvents {
  readonly traceId: string;
  readonly events: readonly AnalysedEvent[];
  /** Others, which only who analyses them makes texts of. */
  readonly written: readonly WrittenEvents[];
  /** Characters of the events' texts, or a few more. */
  readonly characters: number;
  /** The budget that later events of the group did not fit; they were left out. */
  readonly truncatedBy: RecordLimit | null;
  /** More traces are linked than are looked at together. */
  readonly leavesTracesOut: boolean;
}

/** A claimed trace. */
export interface TraceWork extends GroupEvents {
  readonly eventCount: number;
  readonly mark: number;
}

/** A trace to compare with others. */
export interface ComparisonTarget {
  readonly traceId: string;
  readonly mark: number;
  /** What budgets kept other traces out. */
  readonly cuts: readonly Cut[];
}

/** Traces that are compared together. */
export interface ComparisonWork {
  readonly targets: readonly ComparisonTarget[];
  /** Of the targets, and of all that they are compared with. */
  readonly footprints: readonly Footprint[];
}

/** What the worker thread is asked to do; plain data, for it is copied from thread to thread. */
export type WorkerTask =
  | {
      readonly kind: 'records';
      readonly traces: readonly TraceWork[];
      readonly switches: AnalysisSwitches;
    }
  | { readonly kind: 'comparisons'; readonly comparisons: readonly ComparisonWork[] }
  | {
      readonly kind: 'report';
      readonly trace: GroupEvents;
      readonly switches: AnalysisSwitches;
      readonly named: NamedRaces;
    }
  | {
      readonly kind: 'surroundings';
      readonly trace: GroupEvents;
      readonly switches: AnalysisSwitches;
      readonly accesses: Parameters<typeof witnessSurroundings>[0];
    }
  | { readonly kind: 'pack'; readonly bundle: Bundle };

/**
 * What is sent to the worker thread: events as they are read, then the task that is about them, with its
 * own events in columns.
 */
export type WorkerMessage =
  | { readonly id: number; readonly events: EventColumns; readonly task?: undefined }
  | {
      readonly id: number;
      readonly events: EventColumns | null;
      readonly task: WorkerTask | null;
      /** How many of the events are of each trace of the task. */
      readonly counts: readonly number[];
    };

/** A task as it is sent: the events of its traces by themselves. */
export function messageOf(id: number, task: WorkerTask): WorkerMessage {
  const traces = tracesOf(task);
  if (traces.length === 0) return { id, events: null, task, counts: [] };
  return {
    id,
    events: columnsOf(traces.flatMap(({ events }) => events)),
    task: withEvents(task, () => []),
    counts: traces.map(({ events }) => events.length),
  };
}

/** The task of a message with its events, and those that came before it. */
export function taskOf(
  task: WorkerTask,
  columns: EventColumns | null,
  counts: readonly number[],
  ahead: readonly AnalysedEvent[],
): WorkerTask {
  const events = columns === null ? [] : eventsOf(columns);
  if (ahead.length > 0) return withEvents(task, () => ahead);
  let end = 0;
  return withEvents(task, (place) => {
    const start = end;
    end += counts[place] ?? 0;
    return events.slice(start, end);
  });
}

/** A task with other events in the place of its own. */
function withEvents(
  task: WorkerTask,
  eventsOfTrace: (place: number) => readonly AnalysedEvent[],
): WorkerTask {
  if (task.kind === 'report' || task.kind === 'surroundings')
    return { ...task, trace: { ...task.trace, events: eventsOfTrace(0) } };
  if (task.kind !== 'records') return task;
  const traces = task.traces.map((trace, place) => ({ ...trace, events: eventsOfTrace(place) }));
  return { ...task, traces };
}

/** Whether a task may have to read statements: spans alone have them. */
export function mayHaveStatements(task: WorkerTask): boolean {
  return tracesOf(task).some(
    ({ events, written }) => events.some(mayBeOfSpan) || written.some(mayHoldSpans),
  );
}

/** How many events a group has. */
export function eventCountOf({ events, written }: GroupEvents): number {
  return written.reduce((sum, { count }) => sum + count, events.length);
}

function allEventsOf({ events, written }: GroupEvents): readonly AnalysedEvent[] {
  return written.length === 0 ? events : [...events, ...written.flatMap(readWritten)];
}

function tracesOf(task: WorkerTask): readonly GroupEvents[] {
  if (task.kind === 'records') return task.traces;
  return task.kind === 'report' || task.kind === 'surroundings' ? [task.trace] : [];
}

export interface WorkerResults {
  readonly records: readonly TraceRecord[];
  readonly comparisons: readonly ComparisonRecord[];
  readonly report: ReturnType<typeof traceReport>;
  readonly surroundings: ReturnType<typeof witnessSurroundings>;
  readonly pack: Bundle;
}

/** Does one task; in the worker thread, or in the main thread when it is small. */
export function runTask<Task extends WorkerTask>(
  task: Task,
  reader: StatementReader,
): WorkerResults[Task['kind']];
export function runTask(
  task: WorkerTask,
  reader: StatementReader,
): WorkerResults[WorkerTask['kind']] {
  switch (task.kind) {
    case 'records':
      return task.traces.map((trace) => {
        const { traceId, eventCount, mark, leavesTracesOut } = trace;
        const truncatedBy = trace.truncatedBy ?? (leavesTracesOut ? 'traces_per_group' : null);
        const events = decodeEvents(allEventsOf(trace));
        return recordOf({ traceId, eventCount, mark, events, truncatedBy }, task.switches, reader);
      });
    case 'comparisons':
      return task.comparisons.flatMap(({ targets, footprints }) =>
        comparisonsOf(targets, footprints),
      );
    case 'report': {
      const { truncatedBy, traceId } = task.trace;
      return traceReport(
        traceId,
        decodeEvents(allEventsOf(task.trace)),
        task.switches,
        truncatedBy,
        task.named,
        reader,
      );
    }
    case 'surroundings': {
      const events = decodeEvents(allEventsOf(task.trace));
      return witnessSurroundings(task.accesses, events, task.switches, reader);
    }
    case 'pack':
      return packAll(task.bundle);
  }
}

/**
 * A task of at most so many events may be done on the spot (one event takes about 20 microseconds).
 * To send a small task to the thread and back would take longer.
 */
const INLINE_EVENTS = 256;
/** The same for a report, which somebody waits for. With more a trace is large. */
export const EVENTS_OF_SMALL_MAX = 2000;
/** In characters of events' texts, whose parsing takes a few milliseconds. */
const INLINE_CHARACTERS = 2 * 1024 * 1024;

/** Whether the events of a trace are sent to the thread as they are read, instead of held together. */
export function isLarge(events: number, characters: number): boolean {
  return events > EVENTS_OF_SMALL_MAX || characters > INLINE_CHARACTERS;
}

/** Whether a task is better done where it is than sent to the thread. */
export function isSmall(task: WorkerTask): boolean {
  switch (task.kind) {
    case 'records':
      return areSmall(task.traces, INLINE_EVENTS);
    case 'comparisons':
      return (
        task.comparisons.reduce((sum, { footprints }) => sum + footprints.length, 0) <=
        INLINE_EVENTS
      );
    case 'report':
    case 'surroundings':
      return areSmall([task.trace], EVENTS_OF_SMALL_MAX);
    case 'pack':
      return false;
  }
}

function areSmall(traces: readonly GroupEvents[], eventsMax: number): boolean {
  const events = traces.reduce((sum, trace) => sum + eventCountOf(trace), 0);
  const characters = traces.reduce((sum, trace) => sum + trace.characters, 0);
  return events <= eventsMax && characters <= INLINE_CHARACTERS;
}
