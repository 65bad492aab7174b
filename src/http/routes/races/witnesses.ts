import { z } from 'zod';
import { type WitnessStory, witnessStory } from '../../../analysis/issues/witness-story.ts';
import { confidences, edgeSources } from '../../../analysis/order/edge-list.ts';
import type { Surroundings } from '../../../analysis/time/surroundings.ts';
import { RacewayError } from '../../../domain/errors.ts';
import type { FindingWitness } from '../../../domain/findings/finding.ts';
import type { Issue } from '../../../domain/findings/issue.ts';
import { parseJson } from '../../../domain/json.ts';
import { parseTimestamp } from '../../../domain/timestamp.ts';
import type { App, AppContext } from '../../context.ts';
import { httpLimits } from '../../limits.ts';
import { fingerprintText } from '../../triage-wire.ts';
import { sendData, success, wholeNumber } from '../../wire.ts';
import { issueSchema, issueText, lock } from './races.ts';

const microseconds = z.int().describe('After the first step of the witness.');
const knownEdge = { source: z.enum(edgeSources), confidence: z.enum(confidences) };
const edgeOfCall = z.object(knownEdge).nullable();

const side = z.object({
  trace_id: z.string(),
  root: z
    .string()
    .nullable()
    .describe('Operation of its first event; null: it is not stored any more.'),
  event_count: z.int().nullable(),
  complete: z
    .boolean()
    .describe('False: the trace, or what is around the accesses, is not all here.'),
  strands: z
    .array(z.object({ service: z.string(), instance: z.string().nullable(), thread: z.string() }))
    .describe('Threads of control; the first made the accesses.'),
  events: z
    .array(
      z.object({
        event_id: z.string(),
        strand: z.int(),
        at_us: microseconds,
        kind: z.string(),
        name: z.string(),
        location: z.string(),
        folded: z.int().describe('Events of the service that stand before it and are not shown.'),
      }),
    )
    .describe('Around the accesses, by time; at most 30.'),
  folded_after: z.int(),
  edges: z
    .array(z.object({ from: z.int(), to: z.int(), ...knownEdge }))
    .describe('What is known to come before what, by places in `events`.'),
  calls: z
    .array(
      z.object({
        caller: z.string(),
        callee: z.string(),
        name: z.string(),
        from_us: microseconds,
        until_us: microseconds,
        call: edgeOfCall.describe('How it is known; null: by times alone.'),
        answer: edgeOfCall,
      }),
    )
    .describe('Services that called the one of the accesses, the nearest first; at most 3.'),
  locks: z
    .array(
      z.object({
        name: z.string(),
        mode: z.enum(['exclusive', 'read']),
        location: z.string(),
        from_us: microseconds,
        until_us: microseconds.nullable(),
      }),
    )
    .describe('Held at one of the accesses; at most 8.'),
});

/** Of A and of B. */
const ofSides = z.object({ a: z.int(), b: z.int() });

export const witnessView = z
  .object({
    stale: z.boolean().describe('Stored events are still being analysed.'),
    number: z.int(),
    count: z
      .int()
      .describe('Witnesses that are kept. 0: nobody has seen it happen, and both sides are empty.'),
    race: issueSchema.describe('As by itself, with this witness alone.'),
    witnesses: z
      .array(
        z.object({
          number: z.int(),
          variable: z.string(),
          trace_ids: z.tuple([z.string(), z.string()]),
          timestamp: z.string().describe('Of A, as it was sent.'),
          apart_us: z.int().nullable(),
          stored: z.string().nullable().describe('What was left behind; null: nobody told.'),
          lost: z.string().nullable(),
        }),
      )
      .describe('One row for each that is kept.'),
    effects: z
      .array(
        z.object({
          stored: z.string().nullable(),
          overwrites: z.boolean().describe('It wrote over what its writer never saw.'),
          lost: z.string().nullable(),
          change: z.string().nullable(),
        }),
      )
      .describe('What each step did to what its variable holds, as JSON texts of values.'),
    serial: z
      .array(z.object({ order: z.enum(['AB', 'BA']), value: z.string() }))
      .nullable()
      .describe('What one request after the other would have left; null where values do not tell.'),
    clocks: z
      .enum(['one', 'two', 'unknown'])
      .describe('Whether both sides were stamped by the clock of one instance of a service.'),
    skew_us: z
      .int()
      .nullable()
      .describe(
        'By how much the clock of B seems to be ahead of that of A, as calls tell; null where nothing compares them.',
      ),
    why_unordered: z.object({
      locks_a: z.array(lock),
      locks_b: z.array(lock),
      common: z.array(z.string()).describe('Of both sides, which did not keep them apart.'),
      messages: ofSides.describe(
        'Messages that their threads sent or got; none led from one to the other.',
      ),
      tasks: ofSides.describe('The same of tasks that were started or awaited.'),
      calls: ofSides.describe('The same of calls and their answers.'),
    }),
    sides: z.tuple([side, side]).describe('A, and B.'),
  })
  .meta({ id: 'WitnessView' });

/** `GET /api/races/:fingerprint/witnesses/:number`: all that a page about a race shows. */
export function witnessRoutes(app: App, { storage, analyser }: AppContext): void {
  app.get(
    '/api/races/:fingerprint/witnesses/:number',
    {
      config: { scope: 'read' },
      schema: {
        summary: 'Show a race by one of its witnesses, with what is known around it',
        description:
          'Both sides with callers, locks and the events around the accesses, what each step did to ' +
          'what is stored, and what could have put one side before the other. At most 40 KB, unless ' +
          'the steps of the witness are longer by themselves: what is around it is left out first. ' +
          'A race without witnesses is shown as number 1, with `count: 0`.',
        params: z.strictObject({
          fingerprint: fingerprintText,
          number: wholeNumber(1, httpLimits.witnessNumberMax),
        }),
        response: { 200: success(witnessView) },
      },
    },
    async ({ params: { fingerprint, number } }, reply) => {
      const stale = await analyser.settle(httpLimits.settleMs);
      const issue = await storage.derived.issue(fingerprint);
      if (issue === null) {
        throw new RacewayError('not_found', `there is no race with fingerprint ${fingerprint}`);
      }
      const text = issue.witnesses[number - 1];
      if (number === 1 && issue.witnesses.length === 0) {
        return sendData(reply, unseenText(issue, stale));
      }
      if (text === undefined) {
        const count = issue.witnesses.length;
        throw new RacewayError('not_found', `the race has ${count} witnesses, counted from 1`);
      }
      const witness = readWitness(text);
      const read = async (place: 0 | 1) => {
        const traceId = witness.events[place].trace_id;
        const trace = await storage.trace(traceId);
        const around = await analyser.surroundings(accessesOf(witness, place));
        return { traceId, trace, ...around };
      };
      const sides: readonly [Side, Side] = [await read(0), await read(1)];
      const { effects, serial } = witnessStory(issue.pattern, witness);
      const head = JSON.stringify({
        ...{ stale, number, count: issue.witnesses.length },
        witnesses: issue.witnesses.map((one, place) => rowOf(issue, readWitness(one), place + 1)),
        ...{ effects, serial, ...clocksOf(sides) },
        why_unordered: whyUnordered(issue, sides),
      });
      const race = issueText({ ...issue, witnesses: [text] });
      const roomBytes = httpLimits.witnessViewBytes - Buffer.byteLength(head + race);
      const shown = sidesWithin(sides, roomBytes);
      return sendData(reply, `${head.slice(0, -1)},"sides":${shown},"race":${race}}`);
    },
  );
}

/** The text of a race that nobody has seen happen: only that it can is known. */
function unseenText(issue: Issue, stale: boolean): string {
  const side: Side = { traceId: '', trace: null, found: null, isWhole: false };
  const sides: readonly [Side, Side] = [side, side];
  const head = JSON.stringify({
    ...{ stale, number: 1, count: 0, witnesses: [], effects: [], serial: null },
    ...clocksOf(sides),
    why_unordered: whyUnordered(issue, sides),
    sides: sides.map(sideToWire),
  });
  return `${head.slice(0, -1)},"race":${issueText(issue)}}`;
}

/** One side of a witness, as it was read. */
interface Side {
  readonly traceId: string;
  readonly trace: { readonly root: string; readonly eventCount: number } | null;
  readonly found: Surroundings | null;
  readonly isWhole: boolean;
}

/** Numbers that a double would change stay as they are. */
function readWitness(text: string): FindingWitness {
  return parseJson(text).value as unknown as FindingWitness;
}

function accessesOf({ events, steps, check }: FindingWitness, place: 0 | 1) {
  const { trace_id: traceId, event_id: id } = events[place];
  const own = steps.filter(({ column }) => column === place + 1).map((step) => step.event_id);
  const checked = check?.trace_id === traceId && steps.length === 0 ? [check.event_id] : [];
  const originNs = parseTimestamp(steps[0]?.timestamp ?? events[0].timestamp) ?? 0n;
  return { traceId, eventIds: [...new Set([id, ...own, ...checked])], originNs };
}

function rowOf({ pattern }: Issue, witness: FindingWitness, number: number) {
  const [a, b] = witness.events;
  const { effects } = witnessStory(pattern, witness);
  return {
    number,
    variable: witness.variable,
    trace_ids: [a.trace_id, b.trace_id],
    timestamp: a.timestamp,
    apart_us: apartUs(a.timestamp, b.timestamp),
    stored: leftBehind(witness, effects),
    lost: effects.find(({ lost }) => lost !== null)?.lost ?? null,
  };
}

/** What its last write left; a read says what stands there too. */
function leftBehind({ steps }: FindingWitness, effects: WitnessStory['effects']): string | null {
  const last = steps.findLastIndex(({ access_type: type }) => /Write|RMW/.test(type));
  return effects[last]?.stored ?? null;
}

function apartUs(one: string, other: string): number | null {
  const [a, b] = [parseTimestamp(one), parseTimestamp(other)];
  return a === null || b === null ? null : Math.abs(Number((b - a) / 1000n));
}

function clocksOf([{ traceId: idOfA, found: a }, { traceId: idOfB, found: b }]: readonly [
  Side,
  Side,
]) {
  const [strandOfA, strandOfB] = [a?.strands[0], b?.strands[0]];
  if (!a || !b || strandOfA === undefined || strandOfB === undefined) {
    return { clocks: 'unknown', skew_us: null } as const;
  }
  const isOneService = strandOfA.service === strandOfB.service;
  const areKnown = strandOfA.instance !== null && strandOfB.instance !== null;
  const isOne = isOneService && areKnown && strandOfA.instance === strandOfB.instance;
  const clocks = isOne ? 'one' : isOneService && !areKnown ? 'unknown' : 'two';
  // Clocks are compared with those of callers: two sides with one caller in the end are comparable.
  const [rootOfA, rootOfB] = [a.calls.at(-1)?.caller, b.calls.at(-1)?.caller];
  const isComparable = idOfA === idOfB || (rootOfA !== undefined && rootOfA === rootOfB);
  if (isOne) return { clocks, skew_us: 0 } as const;
  return { clocks, skew_us: isComparable ? a.adjusted_us - b.adjusted_us : null } as const;
}

function whyUnordered({ subject: { sites } }: Issue, sides: readonly [Side, Side]) {
  const [ofA, ofB] = sites.map(({ locks }) => locks) as [Site['locks'], Site['locks']];
  const names = new Set(ofB.map(({ name }) => name));
  const [a, b] = sides.map(({ found }) => found?.met ?? null);
  const count = (...sources: readonly (typeof edgeSources)[number][]) => {
    const sum = (met: Surroundings['met'] | null | undefined) =>
      sources.reduce((total, source) => total + (met?.[source] ?? 0), 0);
    return { a: sum(a), b: sum(b) };
  };
  return {
    locks_a: ofA,
    locks_b: ofB,
    common: ofA.map(({ name }) => name).filter((name) => names.has(name)),
    messages: count('message'),
    tasks: count('spawn', 'await', 'parent'),
    calls: count('call', 'return'),
  };
}

type Site = Issue['subject']['sites'][number];

/** The text of both sides; events go first where there is too little room. */
function sidesWithin(sides: readonly [Side, Side], roomBytes: number): string {
  const whole = JSON.stringify(sides.map(sideToWire));
  if (Buffer.byteLength(whole) <= roomBytes) return whole;
  return JSON.stringify(
    sides.map((one) => ({ ...sideToWire(one), complete: false, events: [], edges: [] })),
  );
}

function sideToWire({ traceId, trace, found, isWhole }: Side) {
  const head = {
    trace_id: traceId,
    root: trace === null ? null : cut(trace.root),
    event_count: trace?.eventCount ?? null,
    complete: isWhole && found !== null,
  };
  if (found === null) {
    return { ...head, strands: [], events: [], folded_after: 0, edges: [], calls: [], locks: [] };
  }
  const { strands, events, folded_after, edges, calls, locks } = found;
  return {
    ...head,
    strands,
    events: events.map((event) => ({
      ...event,
      name: cut(event.name),
      location: cut(event.location),
    })),
    ...{ folded_after, edges, calls, locks },
  };
}

/** A row of a picture has room for no more; the event itself has all of it. */
function cut(text: string): string {
  return text.slice(0, httpLimits.rowCharacters);
}
