import { randomFrom } from '../test/support/random.ts';
import { type RecordedEvent, readRecordedEvents, renamed } from './traffic.ts';

/** Requests of a fleet, and how many of its traces overlap another on the same row. */
export interface FleetTraffic {
  /** Bodies of requests, made anew each time. */
  bodies(): readonly Buffer[];
  /** Of a hundred traces with variables, those that overlap another on the same row. */
  readonly overlappingPercent: number;
}

/** As many events of recorded requests are joined to one trace. */
const EVENTS_PER_TRACE = 20;
const EVENTS_PER_BATCH = 100;
/** New traces in a second, on the average; they arrive when they like. */
const TRACES_PER_SECOND = 500;
/** Each of the six recorded services is there so many times. */
const COPIES_OF_SERVICES = 10;
/** Wished of {@link FleetTraffic.overlappingPercent}. */
const OVERLAPPING_PERCENT = 5;
/** Between two recorded requests that are joined. */
const PAUSE_MS = 1;
const MILLISECONDS = /\.(\d{3})/;

/** A trace to be sent: when it begins and ends, and what it does to which variables. */
interface Plan {
  readonly beginMs: number;
  readonly endMs: number;
  readonly template: Template;
  /** From 0 to 1: which row it uses, of however many there are. */
  readonly place: number;
}

interface Template {
  readonly events: readonly RecordedEvent[];
  /** By event: milliseconds since the trace began. */
  readonly atMs: readonly number[];
  readonly lengthMs: number;
  readonly variables: readonly string[];
}

/**
 * Ordinary traffic: traces of recorded requests that arrive when they like, of sixty services, on so many
 * rows that one trace in twenty overlaps another on the same row. It is the same each time but for ids.
 */
export function fleetTraffic(
  traces: number,
  startMs: number,
  eventsPerBatch = EVENTS_PER_BATCH,
): FleetTraffic {
  const templates = readTemplates();
  const random = randomFrom(17);
  const plans: Plan[] = [];
  let beginMs = startMs;
  for (let number = 0; number < traces; number += 1) {
    const template = templates[number % templates.length] as Template;
    plans.push({ beginMs, endMs: beginMs + template.lengthMs, template, place: random() });
    beginMs += (-Math.log(1 - random()) * 1000) / TRACES_PER_SECOND;
  }
  return trafficOf(plans, rowsFor(plans), eventsPerBatch);
}

/**
 * A storm: recorded requests of one kind that all overlap, on so many rows in turn. Each is as much longer
 * than the recorded one as it takes for the first to last until the last has begun.
 */
export function stormTraffic(
  traces: number,
  startMs: number,
  rows: number,
  eventsPerBatch = EVENTS_PER_BATCH,
): FleetTraffic {
  const recorded = readTemplates().find(({ variables }) => variables.length > 0);
  if (recorded === undefined) throw new Error('no recorded request changes a variable');
  const stretch = Math.ceil((2 * traces) / recorded.lengthMs) + 1;
  const template = {
    ...recorded,
    atMs: recorded.atMs.map((ms) => ms * stretch),
    lengthMs: recorded.lengthMs * stretch,
  };
  const plans = Array.from({ length: traces }, (_, number): Plan => {
    const beginMs = startMs + number;
    const place = (number % rows) / rows;
    return { beginMs, endMs: beginMs + template.lengthMs, template, place };
  });
  return trafficOf(plans, rows, eventsPerBatch);
}

function trafficOf(plans: readonly Plan[], rows: number, eventsPerBatch: number): FleetTraffic {
  return {
    overlappingPercent: overlappingPercentOf(plans, rows),
    bodies() {
      const texts = plans.flatMap((plan) => textsOf(plan, Math.floor(plan.place * rows)));
      const bodies: Buffer[] = [];
      for (let at = 0; at < texts.length; at += eventsPerBatch) {
        bodies.push(Buffer.from(`{"events":[${texts.slice(at, at + eventsPerBatch).join(',')}]}`));
      }
      return bodies;
    },
  };
}

/** Recorded requests, one after the other, each with its own times inside. */
function readTemplates(): readonly Template[] {
  const recorded = readRecordedEvents();
  const templates: Template[] = [];
  for (let at = 0; at + EVENTS_PER_TRACE <= recorded.length; at += EVENTS_PER_TRACE) {
    const events = recorded.slice(at, at + EVENTS_PER_TRACE);
    const shifts = new Map<string, number>();
    let lengthMs = 0;
    for (const { trace_id: request } of events) {
      if (shifts.has(request)) continue;
      const own = events.filter(({ trace_id }) => trace_id === request).map(momentOf);
      const shift = lengthMs - Math.min(...own);
      shifts.set(request, shift);
      lengthMs = Math.max(...own) + shift + PAUSE_MS;
    }
    templates.push({
      events,
      atMs: events.map((event) => momentOf(event) + (shifts.get(event.trace_id) as number)),
      lengthMs,
      variables: [...new Set(events.flatMap(({ kind }) => kind.StateChange?.variable ?? []))],
    });
  }
  return templates;
}

function momentOf({ timestamp }: RecordedEvent): number {
  return Date.parse(timestamp);
}

/** So many rows that about as many traces overlap as is wished, by halving. */
function rowsFor(plans: readonly Plan[]): number {
  let [few, many] = [1, 2 ** 24];
  while (many - few > 1) {
    const rows = Math.floor((few + many) / 2);
    if (overlappingPercentOf(plans, rows) > OVERLAPPING_PERCENT) few = rows;
    else many = rows;
  }
  return many;
}

function overlappingPercentOf(plans: readonly Plan[], rows: number): number {
  const lasts = new Map<string, { plan: Plan; endMs: number }>();
  const overlapping = new Set<Plan>();
  let using = 0;
  for (const plan of plans) {
    if (plan.template.variables.length > 0) using += 1;
    for (const variable of plan.template.variables) {
      const row = `${variable}.${Math.floor(plan.place * rows)}`;
      const last = lasts.get(row);
      if (last !== undefined && last.endMs >= plan.beginMs) {
        overlapping.add(plan);
        overlapping.add(last.plan);
      }
      if (last === undefined || last.endMs < plan.endMs) {
        lasts.set(row, { plan, endMs: plan.endMs });
      }
    }
  }
  return (overlapping.size * 100) / using;
}

/** The events of a trace with ids, times, services and a row of their own. */
function textsOf({ beginMs, template }: Plan, row: number): readonly string[] {
  const names = new Map<string, string>();
  const traceId = crypto.randomUUID();
  return template.events.map((event, place) => {
    const atMs = beginMs + (template.atMs[place] as number);
    const moment = new Date(atMs).toISOString();
    // What stands behind the milliseconds stays as the SDK wrote it.
    const [seconds, fraction] = [moment.slice(0, 19), moment.slice(19, 23)];
    const timestamp = `${seconds}${event.timestamp.slice(19).replace(MILLISECONDS, fraction)}`;
    const change = event.kind.StateChange;
    const kind =
      change === undefined
        ? event.kind
        : { StateChange: { ...change, variable: `${change.variable}.${row}` } };
    const service_name = `${event.metadata.service_name}-${row % COPIES_OF_SERVICES}`;
    const metadata = { ...event.metadata, service_name };
    return renamed({ ...event, trace_id: traceId, timestamp, kind, metadata }, traceId, names);
  });
}
