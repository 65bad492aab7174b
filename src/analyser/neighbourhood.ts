import { CORRELATION_CONTEXT } from '../analysis/across/correlated-variables.ts';
import { overlap, Timeline, type Window } from '../analysis/across/history/timeline.ts';
import { SCOPE_CONTEXT } from '../analysis/across/scope-inference.ts';
import { budgets } from '../analysis/budgets.ts';
import { CLOCK_ERROR_NS_MAX } from '../domain/clock-error.ts';
import type { Footprint, PlacedSite } from '../domain/findings/footprint.ts';
import type { RecordLimit } from '../domain/trace/trace-record.ts';
import type { FootprintPlace, Neighbour } from '../storage/derived.ts';

const ERROR_NS = BigInt(CLOCK_ERROR_NS_MAX);

/** The traces that some traces are compared with because of one variable. */
export interface Neighbourhood {
  readonly traceIds: ReadonlySet<string>;
  /** How many of them count for the trace for which most do. */
  readonly widest: number;
  /** The budget that may have kept others out. */
  readonly truncatedBy: RecordLimit | null;
  /** More has to be read before it is known who is near. */
  readonly isOpen: boolean;
}

/** A footprint whose surroundings are looked for. */
export type Target = Pick<Footprint, 'traceId' | 'variable' | 'firstNs' | 'lastNs'> & {
  readonly signatures: readonly Pick<PlacedSite, 'scope'>[];
};

/** One visit to a variable, as far as it is known before its footprint is read. */
type Visitor = Pick<Neighbour, 'traceId' | 'firstNs' | 'lastNs'>;

/**
 * Chooses the traces that count for some traces and one variable: all that overlap one of them, or
 * overlap one that does (a third one may have written in between); and, for a plain name, those
 * around them, whose values tell where the variable lives.
 *
 * @param targets footprints of the variable
 * @param found what was read around the first and the last target, at most `limit` on each side
 */
export function neighbourhoodOf(
  targets: readonly Target[],
  found: readonly Neighbour[],
  limit: number,
): Neighbourhood {
  const visitors = new Map<string, Visitor>(found.map((visitor) => [visitor.traceId, visitor]));
  for (const target of targets) visitors.set(target.traceId, visitorOf(target));
  const sorted = [...visitors.values()].sort(comparePlaces);
  const places = new Map(sorted.map(({ traceId }, place) => [traceId, place]));
  const timeline = new Timeline(sorted, windowOf);
  const traceIds = new Set<string>();
  const reaches: Window[] = [];
  /** Those that were walked, by their ends: in a storm all have the same one. */
  const walked = new Set<string>();
  let widest = 0;
  for (const target of targets) {
    const window = windowOf(visitorOf(target));
    const reach = timeline.reachOf(window);
    reaches.push(reach);
    if (!meetsAnother(timeline, window, target.traceId)) continue;
    const key = reach.join(' ');
    if (!walked.has(key)) {
      walked.add(key);
      let count = 0;
      for (const { traceId } of timeline.within(reach)) {
        traceIds.add(traceId);
        count += 1;
      }
      widest = Math.max(widest, count);
    }
    if (!target.signatures.every(({ scope }) => scope === 'plain')) continue;
    const place = places.get(target.traceId) as number;
    const around = sorted.slice(Math.max(0, place - SCOPE_CONTEXT), place + SCOPE_CONTEXT + 1);
    for (const { traceId } of around) traceIds.add(traceId);
  }
  return { traceIds, widest, ...edgesOf(targets, sorted, reaches, limit) };
}

/**
 * The companions of some traces (src/analyser/companions.ts), and the traces around those that have any:
 * these show what is written together.
 *
 * @param targets footprints of one variable
 * @param found as for {@link neighbourhoodOf}
 */
export function companyOf(
  targets: readonly Target[],
  found: readonly Neighbour[],
  companions: ReadonlyMap<string, ReadonlySet<string>>,
): ReadonlySet<string> {
  const company = new Set<string>();
  const accompanied = targets.filter(({ traceId }) => companions.has(traceId));
  if (accompanied.length === 0) return company;
  const visitors = new Map<string, Visitor>(found.map((visitor) => [visitor.traceId, visitor]));
  for (const target of targets) visitors.set(target.traceId, visitorOf(target));
  const sorted = [...visitors.values()].sort(comparePlaces);
  const places = new Map(sorted.map(({ traceId }, place) => [traceId, place]));
  for (const { traceId } of accompanied) {
    for (const companion of companions.get(traceId) ?? []) company.add(companion);
    const place = places.get(traceId) as number;
    const around = sorted.slice(
      Math.max(0, place - CORRELATION_CONTEXT),
      place + CORRELATION_CONTEXT + 1,
    );
    for (const other of around) company.add(other.traceId);
  }
  return company;
}

function meetsAnother(timeline: Timeline<Visitor>, window: Window, own: string): boolean {
  for (const { traceId } of timeline.within(window)) if (traceId !== own) return true;
  return false;
}

/** Whether what is near may go on behind what was read. */
function edgesOf(
  targets: readonly Target[],
  sorted: readonly Visitor[],
  reaches: readonly Window[],
  limit: number,
): Pick<Neighbourhood, 'truncatedBy' | 'isOpen'> {
  const own = targets.map(visitorOf).sort(comparePlaces);
  const [first, last] = [own[0], own.at(-1)];
  if (first === undefined || last === undefined) return { truncatedBy: null, isOpen: false };
  const before = sorted.filter((visitor) => comparePlaces(visitor, first) < 0);
  const after = sorted.filter((visitor) => comparePlaces(visitor, last) > 0);
  const between = sorted.length - before.length - after.length;
  const isNear = (visitor: Visitor | undefined) =>
    visitor !== undefined && reaches.some((reach) => overlap(windowOf(visitor), reach));
  const isOpenBefore = before.length >= limit && isNear(before[0]);
  // Two lists of so many that have nothing in common may have left something out between them.
  const isOpenBetween = between - 2 >= 2 * limit;
  const isOpenAfter = isOpenBetween || (after.length >= limit && isNear(after.at(-1)));
  const truncatedBy = isOpenBefore ? 'neighbours_before' : isOpenAfter ? 'neighbours_after' : null;
  return { truncatedBy, isOpen: truncatedBy !== null };
}

/** Where to read what is around some footprints of a variable: at the first and at the last. */
export function edgePlaces(targets: readonly Target[]): readonly FootprintPlace[] {
  const sorted = targets.map(visitorOf).sort(comparePlaces);
  const [first, last] = [sorted[0], sorted.at(-1)];
  const variable = targets[0]?.variable ?? '';
  const places = first === last ? [first] : [first, last];
  return places.flatMap((place) =>
    place === undefined ? [] : [{ variable, firstNs: place.firstNs, traceId: place.traceId }],
  );
}

/**
 * Whether one side has more transactions that overlap the target than a search for dependency
 * cycles looks at (src/analysis/across/cycle-findings.ts).
 */
export function isCycleWindowFull(own: Window, others: readonly Footprint[]): boolean {
  const earlier = new Set<string>();
  const later = new Set<string>();
  for (const { traceId, transaction } of others) {
    if (transaction === null) continue;
    const other: Window = [BigInt(transaction.beginNs), BigInt(transaction.endNs)];
    if (overlap(other, own)) (other[0] <= own[0] ? earlier : later).add(traceId);
  }
  return earlier.size >= budgets.cycleTraces || later.size > budgets.cycleTraces;
}

function visitorOf({ traceId, firstNs, lastNs }: Target): Visitor {
  return { traceId, firstNs: BigInt(firstNs), lastNs: BigInt(lastNs) };
}

/** As wide as the least exact clock allows. */
function windowOf({ firstNs, lastNs }: Visitor): Window {
  return [firstNs - ERROR_NS, lastNs + ERROR_NS];
}

type Place = Pick<Visitor, 'firstNs' | 'traceId'>;

function comparePlaces(a: Place, b: Place): number {
  if (a.firstNs !== b.firstNs) return a.firstNs < b.firstNs ? -1 : 1;
  return a.traceId < b.traceId ? -1 : a.traceId > b.traceId ? 1 : 0;
}
