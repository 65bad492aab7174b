import { z } from 'zod';
import { evidenceLevels } from '../domain/findings/finding.ts';
import { type JsonObject, type JsonValue, numberOf, stringifyJson } from '../domain/json.ts';
import { limits } from '../domain/limits.ts';
import { compareTraces } from '../report/comparison.ts';
import { type Race, readRace } from '../report/race.ts';
import { raceText } from '../report/terminal.ts';
import { readTraceRows } from '../report/trace-rows.ts';
import { durationText } from '../report/units.ts';
import { waterfallLines } from '../report/waterfall.ts';
import { evidenceOf, placeText, seenText, titleOf } from '../report/words.ts';
import { fencedAnswer } from './answer.ts';

/** The `data` of an answer of the API, by path and query. Rejects with a sentence. */
export type Reader = (path: string) => Promise<JsonObject>;

/** Something that an assistant can ask. */
export interface Tool<Input extends z.ZodRawShape = z.ZodRawShape> {
  readonly name: string;
  readonly description: string;
  readonly input: Input;
  run(read: Reader, input: z.infer<z.ZodObject<Input>>): Promise<string>;
}

/** Keeps the types of one tool together. */
function tool<Input extends z.ZodRawShape>(one: Tool<Input>): Tool {
  return one as unknown as Tool;
}

const rowsMax = 50;
const stepsMax = 200;
/** Pages of a hundred races that are looked at for what changed. */
const racePagesMax = 10;
const drawnColumns = 120;

const fingerprint = z
  .string()
  .regex(/^[0-9a-f]{16}(-[0-9a-f]{8})?$/)
  .describe('Of a race, as list_races gives it: 16 hex digits.');
const traceId = z.string().min(1).max(256).describe('As find_traces and explain_race give it.');
const service = z.string().min(1).max(1024).optional().describe('Only those of this service.');
const limit = z.int().min(1).max(rowsMax).optional().describe('The most that is told; default 20.');
const since = z.iso
  .datetime({ offset: true })
  .optional()
  .describe('Only what happened at or after this time, as 2026-01-31T00:00:00Z.');

const listRaces = tool({
  name: 'list_races',
  description:
    'Races that the server has found, those that deserve a look first in front: what happened, to which variable, at which two places in the code, how sure it is.',
  input: {
    service,
    variable: z.string().min(1).max(1024).optional().describe('Only races of this variable.'),
    evidence: z
      .enum(evidenceLevels)
      .optional()
      .describe('The weakest; default E1. E3: values prove it.'),
    limit,
  },
  async run(read, { limit: most = 20, ...filters }) {
    const data = await read(`/api/races?${queryOf({ ...filters, page_size: most })}`);
    const races = racesOf(data);
    const total = numberOf(data['total_issues']) ?? 0;
    const head =
      total === 0
        ? 'No race is known that matches.'
        : `${total} races are known; ${races.length} of them:`;
    return fencedAnswer(head, races.map(raceLine), [
      ...(data['stale'] === true
        ? ['Some events are still being analysed: there may be more.']
        : []),
      ...(races.length === 0 ? [] : ['explain_race tells how one happened and how to close it.']),
    ]);
  },
});

const explainRace = tool({
  name: 'explain_race',
  description:
    'One race: how two requests got in each other’s way step by step, at which places in the code, what was lost, and what would keep them apart.',
  input: {
    fingerprint,
    witness: z.int().min(1).max(100).optional().describe('Which occurrence; 1 is the best.'),
  },
  async run(read, { fingerprint: name, witness = 1 }) {
    const issue = await read(`/api/races/${name}`);
    const witnesses = listOf(issue['witnesses']);
    const chosen = Math.min(witness, Math.max(1, witnesses.length));
    const events = listOf(membersOf(witnesses[chosen - 1])['events']).map(membersOf);
    const traces = [...new Set(events.map((event) => String(event['trace_id'] ?? '')))];
    const lines = raceText(readRace(issue, chosen - 1)).split('\n');
    return fencedAnswer(
      `Race ${name}, occurrence ${chosen} of ${witnesses.length}:`,
      [...lines, `traces: ${traces.join(', ')}`],
      [
        'What closes it is advice: the code knows more than its traces. reproduce_race has scripts.',
      ],
    );
  },
});

const reproduceRace = tool({
  name: 'reproduce_race',
  description:
    'A script that makes a race happen again, and that it does not with a remedy: for psql, for Node with pg, for curl or for Node.',
  input: {
    fingerprint,
    script: z
      .enum(['psql', 'pg', 'curl', 'node'])
      .optional()
      .describe('Default: the first there is.'),
  },
  async run(read, { fingerprint: name, script }) {
    const data = await read(`/api/races/${name}/reproduction`);
    const scripts = listOf(data['scripts']).map(membersOf);
    const found = scripts.find((one) => script === undefined || one['name'] === script);
    const reasons = listOf(data['reasons']).map(String);
    if (found === undefined) return fencedAnswer('There is no such script:', reasons);
    return fencedAnswer(
      `${String(found['file'])}, in ${String(found['language'])}; look at it before you run it:`,
      String(found['text']).trimEnd().split('\n'),
      reasons,
    );
  },
});

const findTraces = tool({
  name: 'find_traces',
  description:
    'Traces that match, the newest first: what each did, how long it took, its errors and races.',
  input: {
    service,
    text: z
      .string()
      .min(1)
      .max(256)
      .optional()
      .describe('Beginning of an id, an operation or a service.'),
    tag: z
      .string()
      .regex(/^[^:]+:/)
      .max(limits.tagCharacters)
      .optional()
      .describe('A tag that an event of it has, as name:value.'),
    has_races: z.boolean().optional(),
    has_errors: z.boolean().optional(),
    min_duration_ms: z.number().min(0).optional(),
    since,
    limit,
  },
  async run(read, { limit: most = 20, text, ...filters }) {
    const data = await read(`/api/traces?${queryOf({ ...filters, q: text, page_size: most })}`);
    const traces = listOf(data['traces']).map(membersOf);
    const total = numberOf(data['total_traces']) ?? 0;
    return fencedAnswer(
      total === 0 ? 'No trace matches.' : `${total} traces match; the newest ${traces.length}:`,
      traces.map((trace) =>
        [
          String(trace['trace_id']),
          String(trace['root']),
          tookText(trace['duration_ms']),
          `${stringifyJson(trace['event_count'] ?? 0, false)} events`,
          `${stringifyJson(trace['error_count'] ?? 0, false)} errors`,
          `${stringifyJson(trace['race_count'] ?? 0, false)} races`,
          listOf(trace['services']).map(String).join(', '),
        ].join(' | '),
      ),
    );
  },
});

const showTrace = tool({
  name: 'show_trace',
  description:
    'The steps of one trace on one scale of time: calls, accesses with their values, locks, errors.',
  input: { trace_id: traceId },
  async run(read, { trace_id: id }) {
    const data = await read(`/api/traces/${encodeURIComponent(id)}/timeline`);
    const rows = readTraceRows(data);
    const lines = waterfallLines(rows.slice(0, stepsMax), drawnColumns).map(({ text }) => text);
    const more = rows.length - lines.length;
    return fencedAnswer(
      `${rows.length} steps; a full bar is what everybody waited for, a diamond what raced:`,
      lines,
      more > 0 ? [`${more} later steps are left out.`] : [],
    );
  },
});

const criticalPath = tool({
  name: 'critical_path',
  description:
    'What the time of one trace was spent on: the steps that everybody waited for, and their share.',
  input: { trace_id: traceId },
  async run(read, { trace_id: id }) {
    const data = await read(`/api/traces/${encodeURIComponent(id)}/critical-path`);
    const found = membersOf(data['critical_path'] ?? data);
    const steps = listOf(found['path']).map(membersOf);
    return fencedAnswer(
      `${steps.length} steps of ${tookText(found['trace_total_duration_ms'])} in all:`,
      steps
        .slice(0, stepsMax)
        .map((step) =>
          [
            tookText(step['on_critical_path_ms']),
            `${stringifyJson(step['percentage'] ?? 0, false)} %`,
            String(step['operation'] ?? step['kind']),
            String(step['service']),
            String(step['location']),
          ].join(' | '),
        ),
    );
  },
});

const compareTwo = tool({
  name: 'compare_traces',
  description:
    'What two traces did differently: durations, values, and steps that only one of them has.',
  input: { trace_a: traceId, trace_b: traceId },
  async run(read, { trace_a: one, trace_b: other }) {
    const rowsOf = async (id: string) =>
      readTraceRows(await read(`/api/traces/${encodeURIComponent(id)}/timeline`));
    const steps = compareTraces(await rowsOf(one), await rowsOf(other));
    const took = (row: { tookUs: number | null } | null) =>
      row === null ? 'absent' : row.tookUs === null ? '' : durationText(row.tookUs);
    return fencedAnswer(
      `${steps.length} steps; service, what, A, B, value in A, value in B:`,
      steps
        .slice(0, stepsMax)
        .map((step) =>
          [
            step.service,
            step.name,
            took(step.one),
            took(step.other),
            step.one?.value ?? '',
            step.other?.value ?? '',
          ].join(' | '),
        ),
    );
  },
});

const variableHistory = tool({
  name: 'variable_history',
  description:
    'Who read and wrote one variable over all traces: values, places, locks, what was lost.',
  input: {
    variable: z
      .string()
      .min(1)
      .max(1024)
      .describe('Its whole name, as list_races gives it in a witness.'),
  },
  async run(read, { variable }) {
    const data = await read(`/api/accesses?${queryOf({ variable })}`);
    const accesses = listOf(data['accesses']).map(membersOf);
    return fencedAnswer(
      `The latest ${accesses.length} accesses, by time:`,
      accesses.slice(-stepsMax).map((access) =>
        [
          String(access['timestamp']),
          String(access['access_type']),
          stringifyJson(access['new_value'] ?? access['old_value'] ?? null, false),
          access['is_lost'] === true ? 'LOST' : '',
          String(access['location']),
          listOf(access['locks'])
            .map((lock) => String(membersOf(lock)['name']))
            .join(', '),
          String(access['trace_id']),
        ].join(' | '),
      ),
    );
  },
});

const changesSince = tool({
  name: 'changes_since',
  description:
    'What changed since a moment, as after a deployment: races that were seen for the first time, races that somebody had resolved and that are back, and what was resolved.',
  input: { since: z.iso.datetime({ offset: true }).describe('As 2026-01-31T00:00:00Z.') },
  async run(read, { since: from }) {
    const fromMs = Date.parse(from);
    const isSince = (time: JsonValue | undefined) =>
      typeof time === 'string' && Date.parse(time) >= fromMs;
    const { issues, total } = await everyRace(read);
    const lines = issues.flatMap((issue) => {
      const triage = membersOf(issue['triage']);
      const line = raceLine(readRace(issue));
      if (isSince(triage['regressed_at'])) return [`BACK | ${line}`];
      if (isSince(triage['resolved_at'])) return [`RESOLVED | ${line}`];
      return isSince(issue['first_seen']) ? [`NEW | ${line}`] : [];
    });
    return fencedAnswer(
      lines.length === 0
        ? 'No race is new, back or resolved since then.'
        : `${lines.length} races are new, back or resolved since then:`,
      lines,
      total > issues.length
        ? [`Only the first ${issues.length} of ${total} races were looked at.`]
        : [],
    );
  },
});

/** Races, best rank first, as many as {@link racePagesMax} pages have. */
async function everyRace(read: Reader): Promise<{ issues: JsonObject[]; total: number }> {
  const issues: JsonObject[] = [];
  for (let page = 1; ; page += 1) {
    const data = await read(`/api/races?view=list&page_size=100&page=${page}`);
    const found = listOf(data['issues']).map(membersOf);
    issues.push(...found);
    const total = numberOf(data['total_issues']) ?? 0;
    if (found.length === 0 || page === racePagesMax || issues.length >= total) {
      return { issues, total };
    }
  }
}

const listServices = tool({
  name: 'list_services',
  description: 'Services that have sent something, with their numbers of events and traces.',
  input: {},
  async run(read) {
    const services = listOf((await read('/api/services'))['services']).map(membersOf);
    return fencedAnswer(
      `${services.length} services:`,
      services.map(
        (one) =>
          `${String(one['name'])} | ${stringifyJson(one['event_count'] ?? 0, false)} events | ${stringifyJson(one['trace_count'] ?? 0, false)} traces`,
      ),
    );
  },
});

/** Everything that an assistant can ask; each only reads. */
export const tools: readonly Tool[] = [
  listRaces,
  explainRace,
  reproduceRace,
  changesSince,
  findTraces,
  showTrace,
  criticalPath,
  compareTwo,
  variableHistory,
  listServices,
];

function raceLine(race: Race): string {
  const [one, other] = race.places.map((place) => placeText(place));
  const seen = race.lastSeen === null ? '' : ` | last seen ${race.lastSeen}`;
  return `${race.fingerprint} | ${evidenceOf(race)} | ${titleOf(race)} | ${one} against ${other} | ${seenText(race)}${seen}`;
}

function racesOf(data: JsonObject): Race[] {
  return listOf(data['issues']).map((issue) => readRace(issue));
}

function tookText(milliseconds: JsonValue | undefined): string {
  const number = numberOf(milliseconds);
  return number === null ? '' : durationText(number * 1000);
}

function membersOf(value: JsonValue | undefined): JsonObject {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? (value as JsonObject) : {};
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}

function queryOf(members: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(members)) {
    if (value !== undefined) query.set(name, String(value));
  }
  return query.toString();
}
