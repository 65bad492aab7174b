import type { FootprintSignature } from '../../domain/footprint.ts';
import { crossConflict, meetingScope } from '../issues/issue-subject.ts';
import { type Interleaving, interleavings } from './interleavings.ts';
import { inTimeOrder, type Occurrence } from './occurrences.ts';
import { dirtyReads, repeatedReads, staleWrites } from './values-seen.ts';
import { type Access, tracesOverlap, type Visit, windowsOverlap } from './visits.ts';
import { shownText, shownValue, traceName } from './wording.ts';

/**
 * Finds what two traces did to each other on one variable. A lost update, whether values (E3) or
 * the clock of one process (E2) show it, takes the place of the reads that led to it.
 *
 * @param history what all traces are known to have done to the variable, these two included
 */
export function conflictsOf(a: Visit, b: Visit, history: readonly Visit[]): readonly Occurrence[] {
  const overlap = windowsOverlap(a, b);
  const areTransactions = a.trace.transaction !== null && b.trace.transaction !== null;
  if (!overlap && !areTransactions) return [];
  const proven = [...lostUpdates(a, b, history), ...changedReads(a, b), ...changedReads(b, a)];
  if (!overlap) return proven;
  const manifest = [
    ...proven,
    ...interleavings(a, b).map(interleavingOccurrence),
    ...interleavings(b, a).map(interleavingOccurrence),
  ];
  const isLost = manifest.some(({ pattern }) => pattern === 'lost_update');
  return [...manifest, ...overlaps(a, b)].filter(
    ({ events }) => !isLost || events.every(({ writes }) => writes),
  );
}

/** Finds values that one trace read and that another wrote only for a moment. */
export function dirtyReadsOf(a: Visit, b: Visit, history: readonly Visit[]): readonly Occurrence[] {
  if (!tracesOverlap(a.trace, b.trace)) {
    if (a.trace.transaction === null || b.trace.transaction === null) return [];
  }
  const found = [...dirtyReads(a, b, history), ...dirtyReads(b, a, history)];
  return found.flatMap(({ write, read, anomalyClass }) => {
    const scope = meetingScope(write.signature, read.signature);
    if (scope === null || scope === 'unknown') return [];
    const fate = anomalyClass === 'G1a' ? 'aborted' : 'wrote another value';
    return [
      pairOccurrence([write, read], {
        scope,
        evidence: 'E3',
        pattern: 'dirty_read',
        anomalyClass,
        explanation: `${sentence(read, 'read')}, which ${traceName(write.visit)} had written; ${traceName(write.visit)} then ${fate}.`,
      }),
    ];
  });
}

function lostUpdates(a: Visit, b: Visit, history: readonly Visit[]): readonly Occurrence[] {
  return staleWrites(a, b, history).flatMap(({ base, writes }) => {
    const scope = meetingScope(writes[0].signature, writes[1].signature);
    // Equal values in what may be two variables prove nothing.
    if (scope === null || scope === 'unknown') return [];
    return [
      pairOccurrence(writes, {
        scope,
        evidence: 'E3',
        pattern: 'lost_update',
        anomalyClass: null,
        explanation: `${traceName(a)} and ${traceName(b)} both read ${shownText(base)} from ${a.variable}; then ${inTimeOrder(
          ...writes,
        )
          .map((write) => sentence(write, 'wrote'))
          .join(' and ')}: one of the two updates is lost.`,
      }),
    ];
  });
}

function changedReads(reader: Visit, writer: Visit): readonly Occurrence[] {
  return repeatedReads(reader, writer).flatMap(({ write, read }) => {
    const scope = meetingScope(write.signature, read.signature);
    if (scope === null || scope === 'unknown') return [];
    return [
      pairOccurrence([write, read], {
        scope,
        evidence: 'E3',
        pattern: 'non_repeatable_read',
        anomalyClass: null,
        explanation: `${sentence(read, 'read')} from ${reader.variable}, where it had found something else before: ${sentence(write, 'wrote')} between.`,
      }),
    ];
  });
}

function interleavingOccurrence({ local, remote, evidence, pattern }: Interleaving): Occurrence {
  const [first, second] = local;
  const events =
    pattern === 'dirty_read' ? ([first, remote] as const) : ([remote, second] as const);
  const scope = meetingScope(events[0].signature, events[1].signature) ?? 'unknown';
  const [one, two] = [traceName(first.visit), traceName(remote.visit)];
  const { variable } = first.visit;
  const stories: Partial<Record<typeof pattern, string>> = {
    lost_update: `${one} read ${variable}, ${two} wrote it, then ${one} wrote it without knowing: the update of ${two} is lost.`,
    dirty_read: `${two} read ${variable} between two writes of ${one}.`,
    non_repeatable_read: `${two} wrote ${variable} between two accesses of ${one}, which found it changed.`,
  };
  return pairOccurrence(events, {
    scope,
    evidence,
    pattern,
    anomalyClass: null,
    explanation: stories[pattern] ?? '',
  });
}

/** One occurrence for each pair of sites of two traces whose windows on a variable overlapped. */
function overlaps(a: Visit, b: Visit): readonly Occurrence[] {
  const found: Occurrence[] = [];
  for (const one of a.footprint.signatures) {
    for (const two of b.footprint.signatures) {
      const scope = crossConflict(one, two);
      const events = [firstOf(a, one), firstOf(b, two)] as const;
      if (scope === null || events[0] === undefined || events[1] === undefined) continue;
      const bothWrite = events[0].writes && events[1].writes;
      found.push(
        pairOccurrence([events[0], events[1]], {
          scope,
          evidence: 'E1',
          pattern: bothWrite ? 'write_write' : 'read_write',
          anomalyClass: null,
          explanation: `${traceName(a)} and ${traceName(b)} used ${a.variable} at the same time, ${bothWrite ? 'both' : 'one of them'} to write, and no lock kept them apart.`,
        }),
      );
    }
  }
  return found;
}

function firstOf({ accesses }: Visit, signature: FootprintSignature): Access | undefined {
  return accesses.find((access) => access.signature === signature);
}

/** `request 1234abcd wrote 7`. */
function sentence(access: Access, verb: string): string {
  return `${traceName(access.visit)} ${verb} ${shownValue(access)}`;
}

function pairOccurrence(
  events: readonly [Access, Access],
  facts: Pick<Occurrence, 'scope' | 'evidence' | 'pattern' | 'anomalyClass' | 'explanation'>,
): Occurrence {
  const [one, two] = events;
  return {
    ...facts,
    explanation: facts.explanation.charAt(0).toUpperCase() + facts.explanation.slice(1),
    events,
    pairCount: one.signature.count * two.signature.count,
    traces: [one.visit.trace, two.visit.trace],
    variables: [one.visit.variable],
  };
}
