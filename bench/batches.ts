import { gzipSync } from 'node:zlib';
import type { OtlpFormat } from '../src/domain/otlp/otlp-format.ts';
import { type FleetTraffic, fleetTraffic, stormTraffic } from './fleet.ts';
import { createTraffic } from './traffic.ts';

/** The shape of what is sent. */
export interface BatchShape {
  readonly events: number;
  /** Events in a request. */
  readonly batchSize: number;
  readonly gzip: boolean;
  /** Events in a trace; 20 unless told otherwise. */
  readonly eventsPerTrace?: number;
  /** What the traces do to each other; `dense` unless told otherwise. */
  readonly traffic?: TrafficKind;
  /** Spans of OpenTelemetry instead of events of SDKs, in this format. */
  readonly otlp?: OtlpFormat;
}

/**
 * Ordinary: one trace in twenty overlaps another on the same row. Dense: they begin a millisecond apart on a
 * hundred rows. Storm: all overlap on one row; rows: on fifty, two hundred on each.
 */
export type TrafficKind = 'ordinary' | 'dense' | 'storm' | 'rows';

/** Unless told otherwise. */
export const EVENTS_PER_TRACE = 20;
/** Between the beginnings of two traces. */
const TRACE_INTERVAL_MS = 1;
/** Each variable is one of so many rows: one request in a hundred meets another at the same one. */
const ROWS = 100;
const VARIABLE = /"variable":"((?:[^"\\]|\\.)*)"/g;
const TIMESTAMP = /"timestamp":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3})/g;

/** Rows of the traffic of that name. */
const STORMY_ROWS = 50;

/**
 * Bodies of `POST /events`, like those of the recorded SDKs: every id new, and times moved so that
 * one trace begins after the other, ending now; from now on where traces are planned.
 */
export function makeBodies(shape: BatchShape): Buffer[] {
  const { traffic, gzip } = shape;
  if (traffic === undefined || traffic === 'dense') return denseBodies(shape);
  const bodies = plannedTraffic({ ...shape, traffic }).bodies();
  return gzip ? bodies.map((body) => gzipSync(body)) : [...bodies];
}

/** Traffic of which it is known who overlaps whom. */
export function plannedTraffic({
  events,
  batchSize,
  traffic,
}: BatchShape & { readonly traffic: Exclude<TrafficKind, 'dense'> }): FleetTraffic {
  const traces = Math.ceil(events / EVENTS_PER_TRACE);
  const startMs = Date.now();
  if (traffic === 'ordinary') return fleetTraffic(traces, startMs, batchSize);
  const rows = traffic === 'storm' ? 1 : STORMY_ROWS;
  return stormTraffic(traces, startMs, rows, batchSize);
}

function denseBodies({ events, batchSize, gzip, eventsPerTrace }: BatchShape): Buffer[] {
  const perTrace = eventsPerTrace ?? EVENTS_PER_TRACE;
  const traffic = createTraffic(perTrace);
  const traces = Math.ceil(events / perTrace);
  const startMs = Date.now() - traces * TRACE_INTERVAL_MS;
  const texts: string[] = [];
  for (let trace = 0; trace < traces; trace += 1) {
    const text = moved(traffic.nextTrace(), startMs + trace * TRACE_INTERVAL_MS).replace(
      VARIABLE,
      (_, variable: string) => `"variable":"${variable}.${trace % ROWS}"`,
    );
    const { events: parsed } = JSON.parse(text) as { events: object[] };
    for (const event of parsed) texts.push(JSON.stringify(event));
  }
  const bodies: Buffer[] = [];
  for (let at = 0; at < events; at += batchSize) {
    const batch = texts.slice(at, Math.min(at + batchSize, events));
    const body = Buffer.from(`{"events":[${batch.join(',')}]}`);
    bodies.push(gzip ? gzipSync(body) : body);
  }
  return bodies;
}

/** The whole request to send on a connection. */
export function ingestRequest(body: Buffer, { gzip }: BatchShape, key: string): Buffer {
  const head =
    'POST /events HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n' +
    `authorization: Bearer ${key}\r\n${gzip ? 'content-encoding: gzip\r\n' : ''}` +
    `content-length: ${body.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}

/** Moves all times so that the earliest is at `startMs`. */
function moved(text: string, startMs: number): string {
  let firstMs = Number.POSITIVE_INFINITY;
  for (const [, time] of text.matchAll(TIMESTAMP)) {
    firstMs = Math.min(firstMs, Date.parse(`${time}Z`));
  }
  return text.replace(TIMESTAMP, (_, time: string) => {
    const ms = Date.parse(`${time}Z`) - firstMs + startMs;
    return `"timestamp":"${new Date(ms).toISOString().slice(0, -1)}`;
  });
}
