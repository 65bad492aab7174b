import type { Timeline as WireTimeline } from '../../api/types.ts';
import { duration } from '../format.ts';
import { lockNames } from '../lock-names.ts';

/** A trace as columns that are quick to draw; times are microseconds from its beginning. */
export interface Timeline {
  readonly rows: number;
  readonly tables: WireTimeline['tables'];
  /** A time of the trace, and the beginning of the timeline in microseconds after it. */
  readonly base: string;
  readonly startUs: number;
  readonly start: Float64Array;
  /** The same as the start for a moment. */
  readonly end: Float64Array;
  readonly depth: Int32Array;
  readonly kind: readonly number[];
  readonly service: readonly number[];
  readonly name: readonly number[];
  readonly place: readonly number[];
  readonly thread: readonly number[];
  readonly value: readonly number[];
  readonly flags: readonly number[];
  /** How much longer a step could have taken without delaying its root; -1 where nobody waits for it. */
  readonly slack: readonly number[];
  /** Of the critical path, by row. */
  readonly sections: ReadonlyMap<number, readonly Section[]>;
  /** By how much rows are shown later than their hosts said, where clocks disagree. */
  readonly skew: readonly number[];
  /** The set of locks that was held at an access: a place in {@link lockSets}. */
  readonly locks: readonly number[];
  /** Names of locks, the weaker ones marked. */
  readonly lockSets: readonly (readonly string[])[];
  readonly totalUs: number;
  /** Rows that race, with the races they are part of, in order. */
  readonly races: ReadonlyMap<number, readonly string[]>;
}

/** A part of the critical path. */
export interface Section {
  readonly start: number;
  readonly end: number;
}

/** What is true of a row, as bits. */
export const flag = { error: 1, races: 2, critical: 4, reads: 8, writes: 16, lock: 32 } as const;

/** Reads the columns of the server. */
export function readTimeline(wire: WireTimeline): Timeline {
  const start = new Float64Array(wire.rows);
  const end = new Float64Array(wire.rows);
  let at = 0;
  let totalUs = 1;
  for (let row = 0; row < wire.rows; row += 1) {
    at += wire.at[row] ?? 0;
    start[row] = at;
    end[row] = at + Math.max(0, wire.took[row] ?? 0);
    totalUs = Math.max(totalUs, end[row] ?? 0);
  }
  const { tables, kind, service, name, place, thread, value, flags, slack, base } = wire;
  const { skew, locks, lock_sets: sets } = wire;
  return {
    ...{ rows: wire.rows, tables, kind, service, name, place, thread, value, flags, slack },
    ...{ base, startUs: wire.start_us, skew, locks },
    lockSets: sets.map((set) => lockNames({ locks: set })),
    ...{ start, end, totalUs },
    depth: Int32Array.from(wire.depth),
    sections: sectionsByRow(wire.sections),
    races: racesByRow(wire.races),
  };
}

function sectionsByRow(flat: readonly number[]): ReadonlyMap<number, readonly Section[]> {
  const found = new Map<number, Section[]>();
  for (let at = 0; at + 2 < flat.length; at += 3) {
    const [row = 0, start = 0, end = 0] = flat.slice(at, at + 3);
    const list = found.get(row);
    if (list === undefined) found.set(row, [{ start, end }]);
    else list.push({ start, end });
  }
  return found;
}

function racesByRow(races: WireTimeline['races']): ReadonlyMap<number, readonly string[]> {
  const found = new Map<number, string[]>();
  for (const { row, fingerprint } of [...races].sort((a, b) => a.row - b.row)) {
    const list = found.get(row);
    if (list === undefined) found.set(row, [fingerprint]);
    else if (!list.includes(fingerprint)) list.push(fingerprint);
  }
  return found;
}

/** One row in words. */
export interface RowWords {
  readonly kind: string;
  readonly name: string;
  readonly service: string;
  readonly place: string;
  readonly thread: string;
  /** Null for what is no access. */
  readonly value: string | null;
  readonly startUs: number;
  /** Null for a moment. */
  readonly tookUs: number | null;
  readonly flags: number;
}

export function wordsOf(timeline: Timeline, row: number): RowWords {
  const { tables, start, end } = timeline;
  const from = start[row] ?? 0;
  const took = (end[row] ?? 0) - from;
  return {
    kind: tables.kinds[timeline.kind[row] ?? -1] ?? '',
    name: tables.names[timeline.name[row] ?? -1] ?? '',
    service: tables.services[timeline.service[row] ?? -1] ?? '',
    place: tables.places[timeline.place[row] ?? -1] ?? '',
    thread: tables.threads[timeline.thread[row] ?? -1] ?? '',
    value: tables.values[timeline.value[row] ?? -1] ?? null,
    startUs: from,
    tookUs: took > 0 ? took : null,
    flags: timeline.flags[row] ?? 0,
  };
}

/** What its slack says of a step; null where it says nothing. */
export function slackText(timeline: Timeline, row: number): string | null {
  const slack = timeline.slack[row] ?? -1;
  const took = (timeline.end[row] ?? 0) - (timeline.start[row] ?? 0);
  if (took <= 0 || ((timeline.flags[row] ?? 0) & flag.lock) !== 0) return null;
  if (slack < 0) return 'nobody waits for it';
  if (slack === 0) return 'none: each moment longer delays the request';
  return `could take ${duration(slack)} longer without delaying the request`;
}

/** The locks that were held at a row. */
export function locksAt({ lockSets, locks }: Timeline, row: number): readonly string[] {
  return lockSets[locks[row] ?? 0] ?? [];
}

/** What is said of a row that is not where its host said; null where it is. */
export function skewText({ skew }: Timeline, row: number): string | null {
  const us = skew[row] ?? 0;
  if (us === 0) return null;
  return `shown ${duration(Math.abs(us))} ${us > 0 ? 'later' : 'earlier'} than its host said: its clock and that of its caller disagree`;
}

/** Services whose rows are not where their hosts said, with how far at most; those that are furthest first. */
export function skewedServices(timeline: Timeline): { service: string; us: number }[] {
  const found = new Map<string, number>();
  for (let row = 0; row < timeline.rows; row += 1) {
    const us = timeline.skew[row] ?? 0;
    if (us === 0) continue;
    const service = timeline.tables.services[timeline.service[row] ?? -1] ?? '';
    if (Math.abs(us) > Math.abs(found.get(service) ?? 0)) found.set(service, us);
  }
  return [...found]
    .map(([service, us]) => ({ service, us }))
    .sort((a, b) => Math.abs(b.us) - Math.abs(a.us));
}

/** What an access did, as a person says it. */
export function accessWords({ value, flags }: RowWords): string {
  if (value === null) return '';
  return (flags & flag.writes) === 0 ? `reads ${value}` : value;
}

/** How much of the critical path each row has itself, most first. */
export function criticalShares(timeline: Timeline): { row: number; us: number }[] {
  return [...timeline.sections]
    .map(([row, sections]) => ({
      row,
      us: sections.reduce((sum, { start, end }) => sum + end - start, 0),
    }))
    .sort((a, b) => b.us - a.us || a.row - b.row);
}

/** The same by service. */
export function criticalServices(timeline: Timeline): { service: string; us: number }[] {
  const totals = new Map<string, number>();
  for (const { row, us } of criticalShares(timeline)) {
    const { service } = wordsOf(timeline, row);
    totals.set(service, (totals.get(service) ?? 0) + us);
  }
  return [...totals].map(([service, us]) => ({ service, us })).sort((a, b) => b.us - a.us);
}

/** Rows whose name, value, place, service or thread holds a text, in any case. */
export function rowsWith(timeline: Timeline, text: string): number[] {
  const wanted = text.toLowerCase();
  if (wanted === '') return [];
  const matching = (list: readonly string[]) =>
    list.map((item) => item.toLowerCase().includes(wanted));
  const { tables } = timeline;
  const columns = [
    [timeline.name, matching(tables.names)],
    [timeline.value, matching(tables.values)],
    [timeline.place, matching(tables.places)],
    [timeline.service, matching(tables.services)],
    [timeline.thread, matching(tables.threads)],
  ] as const;
  const rows: number[] = [];
  for (let row = 0; row < timeline.rows; row += 1) {
    if (columns.some(([column, isMatch]) => isMatch[column[row] ?? -1] === true)) rows.push(row);
  }
  return rows;
}

/** The part of a trace's time that is looked at. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Less than this is not told apart. */
const spanLeastUs = 1;

/** A span made longer or shorter around its middle, and kept inside the trace. */
export function zoomed({ from, to }: Span, factor: number, totalUs: number): Span {
  const middle = (from + to) / 2;
  const half = Math.max(spanLeastUs, ((to - from) * factor) / 2);
  return kept({ from: middle - half, to: middle + half }, totalUs);
}

/** A span moved by a share of its length. */
export function moved({ from, to }: Span, share: number, totalUs: number): Span {
  const by = (to - from) * share;
  return kept({ from: from + by, to: to + by }, totalUs);
}

/** A span inside the trace, of the length that it has if that fits. */
export function kept({ from, to }: Span, totalUs: number): Span {
  const length = Math.min(totalUs, Math.max(spanLeastUs, to - from));
  const start = Math.min(Math.max(0, from), totalUs - length);
  return { from: start, to: start + length };
}
