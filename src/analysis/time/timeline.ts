import type { TraceEvent } from '../../domain/event/event.ts';
import { accessTraits } from '../../domain/event/event-kind.ts';
import { isErrorOf, operationOf } from '../../domain/event/operation.ts';
import type { JsonValue } from '../../domain/json.ts';
import { stringifyJson } from '../../domain/json.ts';
import { budgets } from '../budgets.ts';
import { Interner } from '../order/interner.ts';
import type { CausalOrder } from '../order/order.ts';
import { alignClocks } from './clock-skew.ts';
import { rootsOfPath } from './critical-path.ts';
import { walkCriticalPath } from './critical-walk.ts';
import { rowEdges } from './row-edges.ts';
import { rowName, rowPlace } from './row-words.ts';
import { slackOf } from './slack.ts';
import { nestSpans, type SpanTree } from './span-tree.ts';
import type { TimedSpan } from './timed-spans.ts';

/** What is true of a row, as bits of {@link Timeline.flags}. */
export const rowFlags = {
  error: 1,
  races: 2,
  critical: 4,
  reads: 8,
  writes: 16,
  lock: 32,
} as const;

/** Characters of a value that a row shows. */
const valueCharacters = 60;

/**
 * A trace as rows in the order in which they are drawn: each step after the one that it was made in,
 * siblings by their start. Columns, because a hundred thousand rows of objects are ten times the bytes.
 */
export interface Timeline {
  /** Time of the earliest event, as it was sent. */
  readonly base: string;
  /** Where rows count from, in microseconds after the base: 0, or earlier. */
  readonly start_us: number;
  readonly rows: number;
  readonly tables: Readonly<
    Record<'kinds' | 'services' | 'names' | 'places' | 'threads' | 'values', readonly string[]>
  >;
  /** Microseconds from the start of the row before; of the first from {@link start_us}. */
  readonly at: readonly number[];
  /** Microseconds; -1 for a moment. */
  readonly took: readonly number[];
  readonly depth: readonly number[];
  readonly kind: readonly number[];
  readonly service: readonly number[];
  readonly name: readonly number[];
  readonly place: readonly number[];
  readonly thread: readonly number[];
  /** What was read or written; -1 for a row that is no access. */
  readonly value: readonly number[];
  readonly flags: readonly number[];
  /** Microseconds that a step could have taken longer without delaying its root; -1: nobody waits for it. */
  readonly slack: readonly number[];
  /** Microseconds by which a row is shown later than its host said, where clocks disagree. */
  readonly skew: readonly number[];
  /** The set of locks that was held at an access, in {@link lock_sets}; 0, the empty one, for all else. */
  readonly locks: readonly number[];
  readonly lock_sets: RowLocks['sets'];
  /** Row, start and end in microseconds of each part of the critical path, one after the other. */
  readonly sections: readonly number[];
  /** What is known to come before what, between threads, as {@link rowEdges} has it. */
  readonly edges: readonly number[];
  readonly complete: boolean;
  readonly truncated_by: 'timeline_rows' | null;
}

/** The locks that were held at accesses. */
export interface RowLocks {
  /** Distinct sets; the first is empty. */
  readonly sets: readonly (readonly { readonly name: string; readonly mode: string }[])[];
  /** The set of an event: 0 for what is no access. */
  setOf(event: number): number;
}

/** A timeline, and which event each of its rows shows. */
export interface TimelineRows {
  readonly timeline: Timeline;
  readonly events: Int32Array;
}

/**
 * Lays out a causal group. Intervals are those that the critical path is found in, clocks aligned.
 *
 * @param racing by event, whether it races inside the group; may be shorter than the events
 */
export function layTimeline(order: CausalOrder, racing: Uint8Array, locks: RowLocks): TimelineRows {
  const tree = nestSpans(order);
  const items = itemsOf(order, tree);
  const sequence = drawingOrder(items).slice(0, budgets.timelineRows);
  const complete = sequence.length === items.event.length;
  return {
    timeline: {
      ...columnsOf(order, tree, items, sequence, racing, locks),
      complete,
      truncated_by: complete ? null : 'timeline_rows',
    },
    events: sequence.map((item) => items.event[item] as number),
  };
}

/** Spans by their number, then moments. Times are nanoseconds since the first timestamp. */
interface Items {
  readonly event: Int32Array;
  readonly start: Float64Array;
  /** -1 for a moment. */
  readonly took: Float64Array;
  /** Span around it, or -1. */
  readonly parent: Int32Array;
  /** By how much clocks were adjusted. */
  readonly skew: Float64Array;
  /** Of spans; -1 where nobody waits for one. */
  readonly slack: Float64Array;
  /** Of the critical path; a step is a span. */
  readonly sections: readonly {
    readonly step: number;
    readonly start: number;
    readonly end: number;
  }[];
}

function itemsOf(order: CausalOrder, tree: SpanTree): Items {
  const { spans, parentOf, childrenOf, isAwaited, spanOf, timeOf } = tree;
  const { start, end } = alignClocks(order, tree);
  /** Events that begin a span which is shown as the one that ends it. */
  const isBeginning = new Uint8Array(order.events.length);
  for (const { request, call } of spans) {
    for (const begin of [request, call]) if (begin !== null) isBeginning[begin] = 1;
  }
  const holds = new Map(order.locks.holds.map((hold) => [hold.from, hold]));
  const released = new Set(order.locks.holds.map((hold) => hold.released));
  const moments: number[] = [];
  order.events.forEach((_event, number) => {
    const isShown = spanOf[number] === -1 && isBeginning[number] === 0 && !released.has(number);
    if (isShown) moments.push(number);
  });
  const homes = moments.map((event) => tree.homeOf(event));
  const shift = (span: number) =>
    span < 0 ? 0 : (start[span] as number) - (spans[span] as TimedSpan).start;
  const count = spans.length + moments.length;
  const items = {
    event: new Int32Array(count),
    start: new Float64Array(count),
    took: new Float64Array(count).fill(-1),
    parent: new Int32Array(count),
    skew: new Float64Array(count),
  };
  spans.forEach(({ event }, number) => {
    items.event[number] = event;
    items.start[number] = start[number] as number;
    items.took[number] = (end[number] as number) - (start[number] as number);
    items.parent[number] = parentOf[number] as number;
    items.skew[number] = shift(number);
  });
  moments.forEach((event, place) => {
    const number = spans.length + place;
    const home = homes[place] as number;
    items.event[number] = event;
    items.start[number] = (timeOf[event] as number) + shift(home);
    items.skew[number] = shift(home);
    items.parent[number] = home;
    const release = holds.get(event)?.released ?? -1;
    if (release >= 0) items.took[number] = (timeOf[release] as number) - (timeOf[event] as number);
  });
  const { root } = rootsOfPath(tree);
  const steps = { start, end, childrenOf, isAwaited };
  const sections = root === undefined ? [] : walkCriticalPath(root, steps).sections;
  return {
    ...items,
    slack: root === undefined ? new Float64Array(0) : slackOf(root, steps),
    sections: sections.slice(0, budgets.criticalPathEntries),
  };
}

/** Each item after its parent, siblings by start; without recursion, however deep. */
function drawingOrder({ event, start, took, parent }: Items): Int32Array {
  const byStart = Int32Array.from(event, (_, number) => number).sort(
    (a, b) =>
      (start[a] as number) - (start[b] as number) ||
      (took[b] as number) - (took[a] as number) ||
      (event[a] as number) - (event[b] as number),
  );
  const children = new Map<number, number[]>();
  for (const item of byStart) {
    const list = children.get(parent[item] as number);
    if (list === undefined) children.set(parent[item] as number, [item]);
    else list.push(item);
  }
  const sequence = new Int32Array(event.length);
  let length = 0;
  const waiting = (children.get(-1) ?? []).reverse();
  for (let item = waiting.pop(); item !== undefined; item = waiting.pop()) {
    sequence[length] = item;
    length += 1;
    for (const child of (children.get(item) ?? []).reverse()) waiting.push(child);
  }
  return sequence.subarray(0, length);
}

function columnsOf(
  order: CausalOrder,
  { spans }: SpanTree,
  items: Items,
  sequence: Int32Array,
  racing: Uint8Array,
  locks: RowLocks,
): Omit<Timeline, 'complete' | 'truncated_by'> {
  const tables = {
    kinds: new Interner(),
    services: new Interner(),
    names: new Interner(),
    places: new Interner(),
    threads: new Interner(),
    values: new Interner(),
  };
  const rowOf = new Map<number, number>();
  const rowOfEvent = new Map<number, number>();
  const columns = {
    at: [] as number[],
    took: [] as number[],
    depth: [] as number[],
    kind: [] as number[],
    service: [] as number[],
    name: [] as number[],
    place: [] as number[],
    thread: [] as number[],
    value: [] as number[],
    flags: [] as number[],
    slack: [] as number[],
    skew: [] as number[],
    locks: [] as number[],
  };
  const critical = new Set(items.sections.map(({ step }) => step));
  const earliest = sequence.reduce(
    (least, item) => Math.min(least, items.start[item] as number),
    0,
  );
  let before = 0;
  sequence.forEach((item, row) => {
    rowOf.set(item, row);
    const number = items.event[item] as number;
    const shown = order.events[number] as TraceEvent;
    const span = spans[item];
    for (const event of [number, span?.request, span?.call]) {
      if (event !== undefined && event !== null) rowOfEvent.set(event, row);
    }
    const described = order.events[span?.request ?? span?.call ?? number] as TraceEvent;
    const startUs = Math.round(((items.start[item] as number) - earliest) / 1000);
    const took = items.took[item] as number;
    columns.at.push(startUs - before);
    before = startUs;
    columns.took.push(took < 0 ? -1 : Math.round(took / 1000));
    const parent = rowOf.get(items.parent[item] as number);
    columns.depth.push(parent === undefined ? 0 : (columns.depth[parent] as number) + 1);
    columns.kind.push(tables.kinds.intern(described.kind));
    columns.service.push(tables.services.intern(shown.metadata.service_name));
    columns.name.push(tables.names.intern(rowName(described)));
    columns.place.push(tables.places.intern(rowPlace(described)));
    columns.thread.push(tables.threads.intern(shown.metadata.thread_id));
    const value = accessText(shown);
    columns.value.push(value === null ? -1 : tables.values.intern(value));
    columns.flags.push(
      flagsOf(shown) |
        (racing[number] === 1 ? rowFlags.races : 0) |
        (critical.has(item) ? rowFlags.critical : 0),
    );
    const slack = items.slack[item] ?? -1;
    columns.slack.push(slack < 0 ? -1 : Math.floor(slack / 1000));
    columns.skew.push(Math.round((items.skew[item] as number) / 1000));
    columns.locks.push(locks.setOf(number));
  });
  const us = (time: number) => Math.round((time - earliest) / 1000);
  return {
    base: order.events[0]?.timestamp ?? '',
    start_us: Math.round(earliest / 1000),
    rows: sequence.length,
    tables: {
      kinds: tables.kinds.names,
      services: tables.services.names,
      names: tables.names.names,
      places: tables.places.names,
      threads: tables.threads.names,
      values: tables.values.names,
    },
    ...columns,
    lock_sets: locks.sets,
    sections: items.sections.flatMap(({ step, start, end }) => {
      const row = rowOf.get(step);
      return row === undefined ? [] : [row, us(start), us(end)];
    }),
    edges: rowEdges(order.edges, (event) => rowOfEvent.get(event)),
  };
}

/** What an access read, or how it changed its variable. */
function accessText({ kind, payload }: TraceEvent): string | null {
  if (kind !== 'StateChange') return null;
  const text = (value: unknown) =>
    stringifyJson((value ?? null) as JsonValue, true).slice(0, valueCharacters);
  const { writes } = accessTraits[payload.access_type];
  const hasBefore = payload.old_value !== undefined && payload.old_value !== null;
  if (!writes || !hasBefore) return text(payload.new_value);
  return `${text(payload.old_value)} → ${text(payload.new_value)}`;
}

function flagsOf({ kind, payload }: TraceEvent): number {
  if (kind === 'StateChange') {
    const { reads, writes } = accessTraits[payload.access_type];
    return (reads ? rowFlags.reads : 0) | (writes ? rowFlags.writes : 0);
  }
  if (kind === 'LockAcquire') return rowFlags.lock;
  const status = kind === 'HttpResponse' ? payload.status : null;
  return isErrorOf(kind, status, operationOf(kind, payload)) ? rowFlags.error : 0;
}
