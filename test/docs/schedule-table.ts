/** The worked examples of the page on analysis: tables of steps, a column per trace or thread. */

import { analyseOrder } from '../../src/analysis/order/order.ts';
import type { RaceWitness } from '../../src/analysis/within/witness.ts';
import type { Finding } from '../../src/domain/findings/finding.ts';
import { countOf } from '../../src/domain/findings/issue.ts';
import { compareRankedFindings, rankedFinding } from '../../src/domain/findings/ranking.ts';
import { crossFindings, footprints } from '../analysis/across/footprint-world.ts';
import { access, type EventSketch, traceEvents, wireEvent } from '../support/events.ts';
import { findRaces, type RaceFindings } from '../support/races.ts';

/** Steps that may be run. */
export interface Schedule {
  readonly columns: readonly string[];
  /** One step a row: its column, and what it does. */
  readonly steps: readonly { readonly column: number; readonly does: string }[];
}

/** A table of the page, with what stands around it. */
export interface ScheduleTable extends Schedule {
  /** Heading above the table. */
  readonly heading: string;
  /** The lines that say what is found. */
  readonly found: readonly string[];
  /** The lines that say what is possible all the same; empty where the page does not say. */
  readonly possible: readonly string[];
}

/** Every table of steps in a page, with what the page says is found in it. */
export function scheduleTables(page: string): ScheduleTable[] {
  const tables: ScheduleTable[] = [];
  let heading = '';
  const blocks = page.split(/\n{2,}/);
  blocks.forEach((block, at) => {
    heading = /^#+ (.+)$/m.exec(block)?.[1] ?? heading;
    const [head = [], , ...rows] = block.split('\n').map(cellsOf);
    if (head[0] !== '#') return;
    const steps = rows.map(([, ...cells]) => {
      const column = cells.findIndex((cell) => cell !== '');
      return { column, does: cells[column] ?? '' };
    });
    const found = foundIn(blocks[at + 1]?.trim() ?? '');
    const possible = linesBelow(blocks[at + 2] ?? '', 'Possible:');
    tables.push({ heading, columns: head.slice(1), steps, found, possible });
  });
  return tables;
}

/** The cells of each row of the tables with a certain head. */
export function rowsBelow(page: string, head: string): string[][] {
  return page
    .split(/\n{2,}/)
    .filter((block) => block.startsWith(head))
    .flatMap((block) => block.split('\n').slice(2).map(cellsOf));
}

function cellsOf(row: string): string[] {
  return row
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
}

function foundIn(block: string): string[] {
  if (block === 'Found: nothing.') return [];
  const lines = linesBelow(block, 'Found:');
  if (lines.length === 0) throw new Error(`a table of steps is followed by:\n${block}`);
  return lines;
}

function linesBelow(block: string, title: string): string[] {
  const [first, ...lines] = block.trim().split('\n');
  return first === title ? lines.map((line) => line.replace(/^- /, '')) : [];
}

/**
 * The steps of a table as wire events. A column `trace 3 and 19 like it` stands for twenty traces: the
 * others did the same, one after the other, before the table begins.
 */
export function tableEvents({ columns, steps }: Schedule): Record<string, unknown>[] {
  const shown = steps.map(({ column, does }, at) =>
    wireEvent({ ...columnSketch(columns, column), ...stepSketch(does, at), id: stepId(at), at }),
  );
  const before = columns.flatMap((name, column) => {
    const copies = Number(/ and (\d+) like it$/.exec(name)?.[1] ?? 0);
    const own = steps.flatMap((step, at) => (step.column === column ? [{ ...step, at }] : []));
    return Array.from({ length: copies }, (_, copy) =>
      own.map(({ does, at }) => {
        const sketch = { ...columnSketch(columns, column), ...stepSketch(does, at) };
        const place = (copy + 1) * steps.length;
        const trace = `${sketch.trace}-${copy}`;
        return wireEvent({ ...sketch, id: stepId(place + at), at: at - place, trace });
      }),
    ).flat();
  });
  return [...before, ...shown];
}

/** What the analysis finds in the steps of a table, in the words of the page. */
export function findIn(table: Schedule): string[] {
  const events = traceEvents(tableEvents(table));
  if (table.columns[0]?.startsWith('trace ') !== true) {
    return toldOfRaces(findRaces(analyseOrder(events)));
  }
  // Of one issue the best finding tells, whoever owns it.
  const issues = new Map<string, Finding[]>();
  for (const { finding, fingerprint } of crossFindings(footprints(events))
    .map(rankedFinding)
    .sort(compareRankedFindings)) {
    const known = issues.get(fingerprint);
    if (known === undefined) issues.set(fingerprint, [finding]);
    else known.push(finding);
  }
  return [...issues.values()].map(toldOfIssue);
}

/** An issue in the words of the page, given its findings, the best one first. */
function toldOfIssue(findings: readonly Finding[]): string {
  const [best] = findings as [Finding];
  const { witness, evidence, pattern, anomalyClass, subject } = best;
  const sum = (part: (finding: Finding) => number) =>
    findings.reduce((total, finding) => total + part(finding), 0);
  const count = countOf({
    provenPairs: sum(({ provenPairs }) => provenPairs),
    overlappingPairs: sum(({ overlappingPairs }) => overlappingPairs),
    pairs: 1,
  });
  return [
    `${stepsText(witness.events.map(({ event_id }) => event_id))}: ${evidence} ${pattern}`,
    ...(anomalyClass === null ? [] : [anomalyClass]),
    subject.severity,
    ...(subject.scope === 'unknown' ? ['scope unknown'] : []),
    ...(best.isRequestLocal ? ['request-local'] : []),
    ...(count === 1 ? [] : [`count ${count}`]),
  ].join(', ');
}

/** What the witness of the best finding of a table of traces shows, by the ids of its events. */
export function crossWitnessIn(table: Schedule): unknown {
  const [best] = crossFindings(footprints(traceEvents(tableEvents(table))))
    .map(rankedFinding)
    .sort(compareRankedFindings);
  if (best === undefined) return null;
  const { subject, witness } = best.finding;
  const stepOf = ({ event_id }: { readonly event_id: string }) => Number(event_id.slice(-12));
  return {
    sites: subject.sites.map(({ location, access_type }) => ({ location, access_type })),
    events: witness.events.map((event) => ({ step: stepOf(event), operation: event.operation })),
    check: witness.check === null ? null : { step: stepOf(witness.check) },
    steps: witness.steps.map((event) => ({ step: stepOf(event), column: event.column })),
    explanation: witness.explanation,
  };
}

/** The witness of the first race of a table, as the API would show it. */
export function witnessIn(table: Schedule): RaceWitness | null {
  const { race_details: details } = findRaces(analyseOrder(traceEvents(tableEvents(table))));
  return details[0]?.witness ?? null;
}

function toldOfRaces({ race_details: details }: RaceFindings): string[] {
  return details.map(({ event1_id, event2_id, evidence, pattern, verdict, severity, scope }) => {
    const where = stepsText([event1_id, event2_id]);
    const more = scope === 'unknown' ? ['scope unknown'] : [];
    return [`${where}: ${evidence} ${pattern}`, verdict, severity, ...more].join(', ');
  });
}

function stepId(at: number): string {
  return `00000000-0000-4000-8000-${String(at + 1).padStart(12, '0')}`;
}

function stepsText(ids: readonly string[]): string {
  return `steps ${ids.map((id) => Number(id.slice(-12))).join(' and ')}`;
}

/**
 * `trace 1`, `thread a` of one trace, or `service b`, which the first column's service calls. A trace
 * may be `on` a service, `in` an environment, and recorded `by` an SDK.
 */
function columnSketch(columns: readonly string[], column: number): EventSketch {
  const [, kind = '', name = '', host, environment, sdk] =
    /^(trace|thread|service) (\w+)(?: on (\w+))?(?: in (\w+))?(?: by (\w+))?(?: and \d+ like it)?$/.exec(
      columns[column] ?? '',
    ) ?? [];
  const instance = {
    ...(host === undefined ? {} : { service: host, instance: `${host}-1` }),
    ...(environment === undefined ? {} : { environment }),
    ...(sdk === undefined ? {} : { tags: { sdk_language: sdk } }),
  };
  if (kind === 'trace') return { trace: `trace-${name}`, thread: `thread-${name}`, ...instance };
  if (kind === 'thread') return { thread: name, ...instance };
  if (kind !== 'service') throw new Error(`no such column: ${columns[column]}`);
  const span = (letter: string) => letter.repeat(16).slice(0, 16);
  const [, caller = ''] = (columns[0] ?? '').split(' ');
  const upstream = column === 0 ? null : span(caller);
  return { service: name, instance: `${name}-1`, span: span(name), upstream };
}

const accessTypes: Readonly<Record<string, string>> = {
  read: 'Read',
  write: 'Write',
  'atomic read': 'AtomicRead',
  'atomic write': 'AtomicWrite',
  'atomic update': 'AtomicRMW',
};

function stepSketch(does: string, at: number): EventSketch {
  const location = `step ${at + 1}`;
  const custom = (name: string): EventSketch => ({ kind: 'Custom', payload: { name, data: {} } });
  if (does === 'work') return {};
  if (does === 'begin') return custom('request');
  if (does === 'commit' || does === 'abort') return custom(`transaction.${does}`);
  const request = /^([A-Z]+) (\/\S*)$/.exec(does);
  if (request !== null) {
    const [, method, url] = request;
    return { kind: 'HttpRequest', payload: { method, url, headers: {}, body: null } };
  }
  const task = /^(spawn|await) (\w+)$/.exec(does);
  if (task?.[1] === 'spawn') {
    return { kind: 'AsyncSpawn', payload: { task_id: task[2], spawned_by: location } };
  }
  if (task?.[1] === 'await') {
    return { kind: 'AsyncAwait', payload: { future_id: task[2], awaited_at: location } };
  }
  const lock = /^(read-)?(un)?lock (\w+)$/.exec(does);
  if (lock !== null) {
    const lockType = lock[1] === undefined ? 'Mutex' : 'RwLock::Read';
    const kind = lock[2] === undefined ? 'LockAcquire' : 'LockRelease';
    return { kind, payload: { lock_id: lock[3], lock_type: lockType, location } };
  }
  const used =
    /^((?:atomic )?\w+) ([\w:.]+)(?:: (\w+) →| =)?(?: (?!at )(\w+))?(?: at ([\w.]+))?$/.exec(does);
  const type = accessTypes[used?.[1] ?? ''];
  if (used === null || type === undefined) throw new Error(`no such step: ${does}`);
  const [, , variable = '', before, after, place = location] = used;
  const values = { old_value: valueFrom(before), new_value: valueFrom(after) };
  return { kind: 'StateChange', payload: access(variable, type, { ...values, location: place }) };
}

function valueFrom(text: string | undefined): unknown {
  if (text === undefined) return null;
  if (text === 'true' || text === 'false') return text === 'true';
  return /^\d+$/.test(text) ? Number(text) : text;
}
