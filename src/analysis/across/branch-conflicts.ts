import type { Finding, FindingEvent } from '../../domain/findings/finding.ts';
import type { Footprint, FootprintAccess } from '../../domain/findings/footprint.ts';
import { TraceComparison } from './across.ts';
import { isWithin } from './history/visits.ts';

/** Branches of one trace that are compared with each other, the first by name. */
const BRANCHES = 64;

/** What one branch of a trace did to a variable, and which process it was in. */
interface Part {
  readonly traceId: string;
  readonly branch: string;
  readonly process: string;
  readonly footprint: Footprint;
}

/**
 * What branches of one trace did to each other that ran at one time: calls that a caller made together, parts
 * of one request, deliveries of one message. They are compared as requests are, by the clock of one process.
 */
export function branchConflicts(footprints: readonly Footprint[]): readonly Finding[] {
  const traces = new Map<string, Part[]>();
  for (const footprint of footprints) {
    const parts = partsOf(footprint);
    if (parts.length > 1) {
      traces.set(footprint.traceId, [...(traces.get(footprint.traceId) ?? []), ...parts]);
    }
  }
  return [...traces].flatMap(([traceId, parts]) => conflictsIn(traceId, parts));
}

function conflictsIn(traceId: string, parts: readonly Part[]): readonly Finding[] {
  const names = [...new Set(parts.map(nameOf))].sort().slice(0, BRANCHES);
  const branches = new Map(
    names.map((name) => [name, parts.filter((part) => nameOf(part) === name)]),
  );
  const comparison = new TraceComparison(
    [...branches].flatMap(([name, own]) => {
      const [first] = own as [Part];
      const related = [...branches.values()]
        .map(([other]) => other as Part)
        .filter((other) => areRelated(first, other));
      const group = related.map(nameOf).sort();
      return own.map(({ footprint }) => ({ ...footprint, traceId: name, group }));
    }),
  );
  return names
    .flatMap((name) => comparison.findingsOf(name))
    .filter(({ evidence }) => evidence >= 'E2')
    .map((finding) => ofOneTrace(finding, traceId));
}

/** One waits for the other, or two clocks would have to be compared. */
function areRelated(a: Part, b: Part): boolean {
  return a.process !== b.process || isWithin(a.branch, b.branch) || isWithin(b.branch, a.branch);
}

function nameOf({ traceId, branch, process }: Part): string {
  return `${traceId} ${branch} ${process}`;
}

function partsOf(footprint: Footprint): readonly Part[] {
  const { traceId, accesses, signatures } = footprint;
  const byBranch = new Map<
    string,
    { part: Omit<Part, 'footprint'>; accesses: FootprintAccess[] }
  >();
  for (const access of accesses) {
    const branch = access.statement?.branch?.name;
    const process = signatures[access.signature]?.process;
    if (branch === undefined || process === undefined) continue;
    const part = { traceId, branch, process };
    const key = `${branch} ${process}`;
    const known = byBranch.get(key);
    if (known === undefined) byBranch.set(key, { part, accesses: [access] });
    else known.accesses.push(access);
  }
  return [...byBranch.values()].map(({ part, accesses: own }) => ({
    ...part,
    footprint: { ...footprint, accesses: own },
  }));
}

function ofOneTrace(finding: Finding, traceId: string): Finding {
  const { witness } = finding;
  const placed = <Event extends FindingEvent>(event: Event): Event => ({
    ...event,
    trace_id: traceId,
  });
  const [one, two] = witness.events;
  return {
    ...finding,
    otherTraceId: null,
    traceIds: [traceId],
    witness: {
      ...witness,
      events: [placed(one), placed(two)],
      check: witness.check === null ? null : placed(witness.check),
      steps: witness.steps.map(placed),
    },
  };
}
