import { z } from 'zod';
import type { TraceReading } from '../../../analyser/trace-reader.ts';
import { scopeAcross } from '../../../analysis/issues/issue-subject.ts';
import { accessTraits } from '../../../domain/event/event-kind.ts';
import { eventName, placesOf } from '../../../domain/event-keys.ts';
import type { FindingWitness } from '../../../domain/findings/finding.ts';
import type { Footprint, FootprintAccess } from '../../../domain/findings/footprint.ts';
import type { DerivedStore } from '../../../storage/derived.ts';
import { Pauses } from '../../../storage/pauses.ts';
import type { App, AppContext } from '../../context.ts';
import { httpLimits } from '../../limits.ts';
import { noSuchTrace, sendData, success, traceIdParams } from '../../wire.ts';

const access = z.object({
  event_id: z.string(),
  timestamp: z.string().describe('As it was sent.'),
  location: z.string(),
  access_type: z.string(),
  undone: z.boolean().describe('Of an attempt that the request then aborted.'),
  old_value: z.unknown().describe('Null also where it is too long to keep.'),
  new_value: z.unknown(),
});

export const meanwhile = z.object({
  trace_id: z.string(),
  stale: z.boolean().describe('Stored events are still being analysed.'),
  complete: z.boolean().describe('False when there is more than is shown.'),
  others: z
    .array(
      z.object({
        variable: z.string(),
        row: z.int().describe('Row of the last access of the trace itself, in its timeline.'),
        trace_id: z.string().describe('Of the other request.'),
        service: z.string(),
        operation: z.string().nullable(),
        races: z.array(z.string()).describe('Fingerprints of races with a witness of the two.'),
        accesses: z.array(access).describe('In the order in which they were made.'),
      }),
    )
    .describe('By variable, those that race first; of each the requests by time.'),
});

/** What other requests did to the variables of a trace while it ran. */
export function meanwhileRoutes(app: App, { storage, analyser }: AppContext): void {
  const { derived } = storage;
  app.get(
    '/api/traces/:traceId/meanwhile',
    {
      config: { scope: 'read' },
      schema: {
        summary: 'What other requests did to the variables of a trace while it ran',
        description:
          'Writes of others to what the trace accessed, and reads of what it wrote, between its first ' +
          'event and its last, as the clocks of their services tell.',
        params: traceIdParams,
        response: { 200: success(meanwhile) },
      },
    },
    async ({ params: { traceId } }, reply) => {
      const stale = await analyser.settle(httpLimits.settleMs);
      const summary = (await storage.trace(traceId)) ?? noSuchTrace(traceId);
      const reading = (await analyser.read(traceId)) ?? noSuchTrace(traceId);
      const span = {
        beginNs: summary.first.timestampNs,
        endNs: summary.last.timestampNs,
        isWhole: true,
      };
      const races = racesByPair(traceId, reading);
      const own = ownVariables(await derived.footprints([traceId]), reading, races);
      const others: string[] = [];
      let accessesLeft = httpLimits.meanwhileAccesses;
      let complete = own.isWhole;
      // Footprints of large traces are megabytes to read: others have their turn in between.
      const pauses = new Pauses();
      for (const variable of own.variables) {
        await pauses.betweenSteps();
        const found = await othersOf(derived, variable.footprint, span);
        complete &&= found.isWhole;
        for (const { footprint, accesses } of found.others) {
          const shown = accesses.slice(0, accessesLeft);
          accessesLeft -= shown.length;
          complete &&= shown.length === accesses.length && footprint.complete;
          if (shown.length === 0) continue;
          const fingerprints = races.get(pairName(footprint)) ?? [];
          others.push(otherText(footprint, variable.row, fingerprints, shown));
        }
      }
      const head = JSON.stringify({ trace_id: traceId, stale, complete }).slice(0, -1);
      return sendData(reply, `${head},"others":[${others.join(',')}]}`);
    },
  );
}

/** A variable and another trace. */
function pairName({ variable, traceId }: Pick<Footprint, 'variable' | 'traceId'>): string {
  return JSON.stringify([variable, traceId]);
}

/** Fingerprints of races of the trace, by {@link pairName}. */
function racesByPair(traceId: string, { issues }: TraceReading): Map<string, string[]> {
  const races = new Map<string, string[]>();
  for (const { fingerprint, witnesses } of issues) {
    for (const text of witnesses) {
      const { variable, events } = JSON.parse(text) as FindingWitness;
      const ids = events.map(({ trace_id: id }) => id);
      if (!ids.includes(traceId)) continue;
      for (const id of ids) {
        const name = pairName({ variable, traceId: id });
        const known = races.get(name) ?? [];
        races.set(name, known);
        if (!known.includes(fingerprint)) known.push(fingerprint);
      }
    }
  }
  return races;
}

interface OwnVariable {
  readonly footprint: Footprint;
  readonly row: number;
}

/** What the trace accessed and its timeline shows; what races comes first, then by name. */
function ownVariables(
  footprints: readonly Footprint[],
  { report }: TraceReading,
  races: ReadonlyMap<string, unknown>,
): { readonly variables: readonly OwnVariable[]; readonly isWhole: boolean } {
  const lastEvents = footprints.map(({ traceId, accesses }) => ({
    traceId,
    id: accesses.at(-1)?.eventId ?? '',
  }));
  const rows = placesOf(
    report.timelineEvents,
    lastEvents.filter(({ id }) => id !== ''),
  );
  const placed = footprints.flatMap((footprint, place) => {
    const event = lastEvents[place];
    const row = event === undefined ? undefined : rows.get(eventName(event));
    return row === undefined ? [] : [{ footprint, row }];
  });
  const isCalm = ({ footprint }: OwnVariable) => (races.has(pairName(footprint)) ? 0 : 1);
  placed.sort((a, b) => isCalm(a) - isCalm(b));
  const variables = placed.slice(0, httpLimits.meanwhileVariables);
  return { variables, isWhole: variables.length === footprints.length };
}

interface OtherRequest {
  readonly footprint: Footprint;
  readonly accesses: readonly FootprintAccess[];
}

/** Requests that accessed a variable in a span of time, and may have met its trace there. */
async function othersOf(
  derived: DerivedStore,
  own: Footprint,
  { beginNs, endNs }: { readonly beginNs: bigint; readonly endNs: bigint },
): Promise<{ readonly others: readonly OtherRequest[]; readonly isWhole: boolean }> {
  const limit = httpLimits.meanwhileRequests;
  const latest = await derived.variableHistory({
    variable: own.variable,
    sinceNs: null,
    untilNs: endNs + 1n,
    before: null,
    environment: null,
    limit,
  });
  const isOwnWrite = writes(own);
  const others = latest
    .filter(({ traceId, lastNs }) => !own.group.includes(traceId) && BigInt(lastNs) >= beginNs)
    .map((footprint) => ({
      footprint,
      accesses: footprint.accesses.filter((access) => {
        const ns = BigInt(access.timestampNs);
        const signature = footprint.signatures[access.signature];
        if (ns < beginNs || ns > endNs || signature === undefined) return false;
        if (!isOwnWrite && !accessTraits[signature.access_type].writes) return false;
        return own.signatures.some((site) => scopeAcross(site, signature) !== null);
      }),
    }))
    .filter(({ accesses }) => accesses.length > 0)
    .reverse();
  const earliest = latest.at(-1);
  const isWhole =
    latest.length < limit || earliest === undefined || BigInt(earliest.firstNs) < beginNs;
  return { others, isWhole };
}

function writes({ signatures }: Footprint): boolean {
  return signatures.some(({ access_type: type }) => accessTraits[type].writes);
}

/** Values are put in as they are stored: no number passes through a double. */
function otherText(
  footprint: Footprint,
  row: number,
  races: readonly string[],
  accesses: readonly FootprintAccess[],
): string {
  const texts = accesses.map((access) => {
    const signature = footprint.signatures[access.signature];
    const head = JSON.stringify({
      event_id: access.eventId,
      timestamp: access.timestamp,
      location: signature?.location ?? '',
      access_type: signature?.access_type ?? '',
      undone: signature?.undone ?? false,
    });
    const values = `"old_value":${access.oldValue},"new_value":${access.newValue}`;
    return `${head.slice(0, -1)},${values}}`;
  });
  const signature = footprint.signatures[accesses[0]?.signature ?? -1];
  const head = JSON.stringify({
    variable: footprint.variable,
    row,
    trace_id: footprint.traceId,
    service: signature?.service ?? '',
    operation: signature?.operation ?? null,
    races,
  });
  return `${head.slice(0, -1)},"accesses":[${texts.join(',')}]}`;
}
