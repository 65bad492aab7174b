import { z } from 'zod';
import {
  accessHistory,
  type HistoricAccess,
  knownOrders,
} from '../../analysis/accesses/access-history.ts';
import { variablePattern } from '../../analysis/accesses/variables.ts';
import type { FindingWitness } from '../../domain/findings/finding.ts';
import type { Footprint } from '../../domain/findings/footprint.ts';
import { anyIssue, type Issue } from '../../domain/findings/issue.ts';
import { variableSorts } from '../../domain/findings/variable-query.ts';
import { limits } from '../../domain/limits.ts';
import type { DerivedStore, FootprintPlace } from '../../storage/derived.ts';
import type { App, AppContext } from '../context.ts';
import { httpLimits } from '../limits.ts';
import { decodeParts, encodeParts, foreignCursor, nanosecondsPart } from '../part-cursor.ts';
import {
  envelope,
  environmentFilter,
  flag,
  instant,
  searchText,
  sendData,
  success,
  wholeNumber,
} from '../wire.ts';

const VARIABLES_PER_PAGE = 50;
/** Footprints read from the storage at once. */
const FOOTPRINTS_PER_READ = 32;

export const variableList = z.object({
  total_variables: z.int(),
  page: z.int(),
  page_size: z.int(),
  total_pages: z.int(),
  stale: z.boolean().describe('Stored events are still being analysed.'),
  variables: z.array(
    z.object({
      variable: z.string(),
      access_count: z.int(),
      trace_count: z.int(),
      thread_count: z.int().describe('Exact for few threads, else an estimate.'),
      race_count: z.int().describe('As `/api/races` counts them unless it is asked for more.'),
      services: z.array(z.string()).readonly(),
      access_types: z.array(z.string()).readonly(),
      complete: z.boolean().describe('False: services and access types may be missing.'),
    }),
  ),
});

const historicAccess = z.object({
  trace_id: z.string(),
  event_id: z.string(),
  timestamp: z.string().describe('As it was sent.'),
  thread: z.string(),
  service: z.string(),
  operation: z.string().nullable(),
  location: z.string(),
  access_type: z.string(),
  locks: z.array(z.object({ name: z.string(), mode: z.enum(['exclusive', 'read']) })),
  undone: z.boolean().describe('Of an attempt that the request then aborted.'),
  order: z
    .enum(knownOrders)
    .nullable()
    .describe(
      'What orders it after the one before it in the list: the same trace, traces that call each other, one lock, the other trace was done with the variable before (as clocks tell), or nothing.',
    ),
  races: z
    .array(z.object({ fingerprint: z.string(), side: z.enum(['A', 'B']) }))
    .describe('Races that show it in a witness, and as which of the two requests.'),
  is_lost: z.boolean().describe('A write that the other one of a lost update overwrote unseen.'),
  old_value: z.unknown().describe('Null also where it is too long to keep.'),
  new_value: z.unknown(),
});

export const variableAccesses = z.object({
  variable: z.string(),
  stale: z.boolean(),
  complete: z.boolean().describe('False when a trace has more accesses than are kept.'),
  accesses: z.array(historicAccess).describe('By time.'),
  next_cursor: z.string().nullable().describe('For earlier ones.'),
});

/** Shared values over all traces. */
export function variableRoutes(app: App, { storage, analyser }: AppContext): void {
  const { derived } = storage;

  app.get(
    '/api/variables',
    {
      config: { scope: 'read' },
      schema: {
        summary: 'List variables, those that race first in front',
        querystring: z.strictObject({
          page: wholeNumber(1, httpLimits.pageOffsetMax).optional(),
          page_size: wholeNumber(1, httpLimits.pageSizeMax).optional(),
          variable: searchText(limits.nameCharacters).optional().describe('Its whole name.'),
          q: searchText(httpLimits.searchCharacters)
            .optional()
            .describe('A part of the name; ASCII letters in any case.'),
          environment: environmentFilter,
          sort: z.enum(variableSorts).optional().describe('Most first; default races.'),
        }),
        response: { 200: success(variableList) },
      },
    },
    async ({ query }) => {
      const stale = await analyser.settle(httpLimits.settleMs);
      const page = query.page ?? 1;
      const pageSize = query.page_size ?? VARIABLES_PER_PAGE;
      const found = await derived.variables({
        variable: query.variable ?? null,
        text: query.q ?? null,
        environment: query.environment ?? null,
        sort: query.sort ?? 'races',
        limit: pageSize,
        offset: (page - 1) * pageSize,
      });
      return envelope({
        total_variables: found.total,
        page,
        page_size: pageSize,
        total_pages: Math.ceil(found.total / pageSize),
        stale,
        variables: [...found.variables],
      });
    },
  );

  app.get(
    '/api/accesses',
    {
      config: { scope: 'read' },
      schema: {
        summary: 'Show the accesses of all traces to one variable',
        description:
          'The latest traces first, whole traces on a page; within a page by time. The name stands ' +
          'in the query because a proxy may change what is escaped in a path.',
        querystring: z.strictObject({
          variable: searchText(limits.nameCharacters),
          environment: environmentFilter,
          since: instant
            .optional()
            .describe('Traces that accessed it first at or after this time.'),
          until: instant.optional().describe('Traces that accessed it first before this time.'),
          raced: flag
            .optional()
            .describe('Only traces that a witness of a race of the variable names; on one page.'),
          cursor: z.string().max(1024).optional(),
        }),
        response: { 200: success(variableAccesses) },
      },
    },
    async ({ query }, reply) => {
      const { variable, raced, cursor, since, until } = query;
      const environment = query.environment ?? null;
      const stale = await analyser.settle(httpLimits.settleMs);
      const { issues } = await derived.issues({
        ...anyIssue,
        environment,
        variable: variablePattern(variable),
        sort: 'rank',
        limit: httpLimits.pageSizeMax,
        offset: 0,
      });
      const witnessed = readWitnesses(issues, variable);
      const times = { sinceNs: since ?? null, untilNs: until ?? null };
      const { footprints, next } =
        raced === true
          ? { footprints: await racedFootprints(derived, variable, witnessed), next: null }
          : await latestFootprints(derived, {
              variable,
              environment,
              ...times,
              before: cursor === undefined ? null : decodeCursor(cursor),
            });
      const head = JSON.stringify({
        variable,
        stale,
        complete: footprints.every(({ complete }) => complete),
      }).slice(0, -1);
      const accesses = accessHistory(footprints).filter(
        ({ signature }) => environment === null || signature.environment === environment,
      );
      const texts = accesses.map((one) => accessText(one, witnessed));
      const end = JSON.stringify(next);
      return sendData(reply, `${head},"accesses":[${texts.join(',')}],"next_cursor":${end}}`);
    },
  );
}

/** What witnesses say of accesses, by the ids of their events. */
interface Witnessed {
  readonly races: ReadonlyMap<string, readonly { fingerprint: string; side: 'A' | 'B' }[]>;
  readonly lost: ReadonlySet<string>;
  readonly traceIds: ReadonlySet<string>;
}

function readWitnesses(issues: readonly Issue[], variable: string): Witnessed {
  const races = new Map<string, { fingerprint: string; side: 'A' | 'B' }[]>();
  const lost = new Set<string>();
  const traceIds = new Set<string>();
  for (const { fingerprint, pattern, witnesses } of issues) {
    for (const text of witnesses) {
      const witness = JSON.parse(text) as FindingWitness;
      if (witness.variable !== variable) continue;
      for (const { event_id: id, trace_id: traceId, column } of witness.steps) {
        traceIds.add(traceId);
        const known = races.get(id) ?? [];
        races.set(id, known);
        if (known.every((race) => race.fingerprint !== fingerprint)) {
          known.push({ fingerprint, side: column === 1 ? 'A' : 'B' });
        }
      }
      if (pattern === 'lost_update') lost.add(overwritten(witness));
    }
  }
  return { races, lost, traceIds };
}

/** The event of a lost update that came first: its value is gone. */
function overwritten({ events, steps }: FindingWitness): string {
  const [first, second] = events;
  const placeOf = (id: string) => steps.findIndex(({ event_id: stepId }) => stepId === id);
  return placeOf(first.event_id) < placeOf(second.event_id) ? first.event_id : second.event_id;
}

async function racedFootprints(
  derived: DerivedStore,
  variable: string,
  { traceIds }: Witnessed,
): Promise<readonly Footprint[]> {
  const footprints: Footprint[] = [];
  const left = [...traceIds];
  while (left.length > 0 && accessCount(footprints) < httpLimits.accessesPerPage) {
    const found = await derived.footprints(left.splice(0, FOOTPRINTS_PER_READ));
    footprints.push(...found.filter((footprint) => footprint.variable === variable));
  }
  return footprints;
}

async function latestFootprints(
  derived: DerivedStore,
  query: {
    readonly variable: string;
    readonly sinceNs: bigint | null;
    readonly untilNs: bigint | null;
    readonly before: Omit<FootprintPlace, 'variable'> | null;
    readonly environment: string | null;
  },
): Promise<{ footprints: readonly Footprint[]; next: string | null }> {
  const footprints: Footprint[] = [];
  let { before } = query;
  for (;;) {
    const found = await derived.variableHistory({ ...query, before, limit: FOOTPRINTS_PER_READ });
    for (const [place, footprint] of found.entries()) {
      footprints.push(footprint);
      before = { firstNs: BigInt(footprint.firstNs), traceId: footprint.traceId };
      const isFull = accessCount(footprints) >= httpLimits.accessesPerPage;
      const isLast = place === found.length - 1 && found.length < FOOTPRINTS_PER_READ;
      if (isLast) return { footprints, next: null };
      if (isFull) return { footprints, next: encodeCursor(before) };
    }
    if (found.length === 0) return { footprints, next: null };
  }
}

function accessCount(footprints: readonly Footprint[]): number {
  return footprints.reduce((sum, { accesses }) => sum + accesses.length, 0);
}

/** Values are put in as they are stored: no number passes through a double. */
function accessText({ traceId, access, signature, order }: HistoricAccess, witnessed: Witnessed) {
  const { service, operation, location, access_type, locks, undone } = signature;
  const head = JSON.stringify({
    trace_id: traceId,
    event_id: access.eventId,
    timestamp: access.timestamp,
    thread: access.thread,
    ...{ service, operation, location, access_type, locks, undone, order },
    races: witnessed.races.get(access.eventId) ?? [],
    is_lost: witnessed.lost.has(access.eventId),
  });
  const values = `"old_value":${access.oldValue},"new_value":${access.newValue}`;
  return `${head.slice(0, -1)},${values}}`;
}

function encodeCursor({ firstNs, traceId }: Omit<FootprintPlace, 'variable'>): string {
  return encodeParts([String(firstNs), traceId]);
}

const cursorParts = z.tuple([nanosecondsPart, z.string().max(limits.traceIdCharacters)]);

function decodeCursor(text: string): Omit<FootprintPlace, 'variable'> {
  const parts = cursorParts.safeParse(decodeParts(text));
  if (!parts.success) throw foreignCursor();
  const [firstNs, traceId] = parts.data;
  return { firstNs, traceId };
}
