import { StatementReader } from '../../src/analysis/statements/statement-reader.ts';
import { comparisonsOf, recordOf } from '../../src/analysis/trace-work.ts';
import type { TraceEvent } from '../../src/domain/event/event.ts';
import { decodeEvents } from '../../src/domain/event/event-parts.ts';
import { compileRedaction } from '../../src/domain/event/redaction.ts';
import type { FindingWitness } from '../../src/domain/findings/finding.ts';
import type { Footprint } from '../../src/domain/findings/footprint.ts';
import { OtlpReader } from '../../src/domain/otlp/otlp-batch.ts';
import { loadPostgresParser } from '../../src/worker/postgres-parser.ts';

type Value = string | number | boolean | readonly (string | number)[];

/** A span that a library makes inside a request; `from` and `to` are milliseconds. */
export interface StepSketch {
  readonly text: string;
  readonly from: number;
  readonly to: number;
  /** Parameters, as `db.query.parameter.N`. */
  readonly values?: readonly (string | number)[];
  /** Rows that it found or changed. */
  readonly rows?: number;
  /** SQLSTATE or message of its failure. */
  readonly error?: string;
  /** Attributes that differ from those of the stack. */
  readonly attributes?: Readonly<Record<string, Value>>;
  readonly name?: string;
  /** The store, where it is another one than that of the stack. */
  readonly system?: string;
  /** SpanKind; 3, a client, unless it says otherwise. */
  readonly kind?: number;
  /** Name of the span that it is made in; the request itself unless it says otherwise. */
  readonly in?: string;
  readonly id?: string;
}

export interface RequestSketch {
  /** `POST /carts/{id}`; a topic for a consumer. */
  readonly route: string;
  readonly path?: string;
  readonly steps: readonly StepSketch[];
  /** Attributes of the span of the request. */
  readonly attributes?: Readonly<Record<string, Value>>;
  readonly kind?: number;
}

/** What the spans of a stack have in common. */
export interface Stack {
  readonly system: string;
  readonly scope: string;
  readonly language: string;
  readonly attributes?: Readonly<Record<string, Value>>;
}

/** A stack whose library shows every step of a transaction. */
export const pgStack: Stack = {
  system: 'postgresql',
  scope: 'github.com/exaring/otelpgx',
  language: 'go',
  attributes: { 'db.namespace': 'shop' },
};

/** Requests of one service. */
export interface Traffic {
  readonly stack: Stack;
  readonly requests: readonly RequestSketch[];
}

const BASE_NS = 1_700_000_000_000_000_000n;

/** A statement of `from` to `to` ms, with its parameters. */
export function step(
  text: string,
  from: number,
  to: number,
  values?: readonly (string | number)[],
  more: Partial<StepSketch> = {},
): StepSketch {
  return { text, from, to, ...(values === undefined ? {} : { values }), ...more };
}

/** What is told of requests, each a trace of its own: evidence, pattern, variable. */
export async function toldOf(traffic: Traffic): Promise<readonly string[]> {
  return toldOfEvents(eventsOf(traffic));
}

/** The sentences that tell it. */
export async function sentencesOf(traffic: Traffic): Promise<readonly string[]> {
  return [...(await explained(eventsOf(traffic))).values()].sort();
}

function eventsOf({ stack, requests }: Traffic): readonly TraceEvent[] {
  const reader = new OtlpReader(compileRedaction({ headers: [], tags: [], paths: [] }));
  const body = Buffer.from(JSON.stringify(exportOf(stack, requests)));
  return decodeEvents(reader.traces(body, 'json', null).events);
}

/** The same of events of whole traces. */
export async function toldOfEvents(events: readonly TraceEvent[]): Promise<readonly string[]> {
  return [...(await explained(events)).keys()].sort();
}

/** What each request did to each variable. */
export async function footprintsOfRequests(traffic: Traffic): Promise<readonly Footprint[]> {
  return (await recordsOf(eventsOf(traffic))).flatMap(({ footprints }) => footprints);
}

async function recordsOf(events: readonly TraceEvent[]) {
  const statements = new StatementReader(await loadPostgresParser());
  const ids = [...new Set(events.map(({ traceId }) => traceId))];
  const switches = { races: true, spans: true };
  return ids.map((traceId) =>
    recordOf(
      {
        traceId,
        eventCount: 1,
        mark: 1,
        events: events.filter((event) => event.traceId === traceId),
        truncatedBy: null,
      },
      switches,
      statements,
    ),
  );
}

/** The sentence for each that is told. */
async function explained(events: readonly TraceEvent[]): Promise<ReadonlyMap<string, string>> {
  const records = await recordsOf(events);
  const compared = comparisonsOf(
    records.map(({ traceId }) => ({ traceId, mark: 1, cuts: [] })),
    records.flatMap(({ footprints }) => footprints),
  );
  const found = new Map<string, string>();
  for (const { evidence, pattern, witness } of [...records, ...compared].flatMap(
    ({ findings }) => findings,
  )) {
    const { variable, explanation } = JSON.parse(witness) as FindingWitness;
    found.set(`${evidence} ${pattern} ${variable}`, explanation);
  }
  return found;
}

/** The request of OTLP that carries the spans of some requests. */
export function exportOf(stack: Stack, requests: readonly RequestSketch[]): object {
  const spans = requests.flatMap((request, place) => spansOf(stack, request, place + 1));
  const resource = attributesOf({
    'service.name': 'shop',
    'service.instance.id': 'shop-1',
    'telemetry.sdk.language': stack.language,
  });
  return {
    resourceSpans: [
      { resource: { attributes: resource }, scopeSpans: [{ scope: { name: stack.scope }, spans }] },
    ],
  };
}

/** The id of a span that a sketch calls by a name, in the request at a place from 1. */
export function spanIdOf(place: number, id: string): string {
  return Buffer.from(`${place}${id}`.padEnd(8, '.')).subarray(0, 8).toString('hex');
}

function spansOf(stack: Stack, request: RequestSketch, place: number): object[] {
  const { route, path, steps, kind = 2, attributes } = request;
  const [method = '', template = ''] = route.split(' ');
  const traceId = place.toString(16).padStart(32, 'a');
  const idOf = (id: string) => spanIdOf(place, id);
  const http =
    kind === 2
      ? { 'http.request.method': method, 'http.route': template, 'url.path': path ?? template }
      : {};
  const times = steps.flatMap(({ from, to }) => [from, to]);
  const entry = spanOf(traceId, idOf('entry'), '', route, kind, [
    Math.min(...times, 0) - 1,
    Math.max(...times, 0) + 1,
  ]);
  return [
    { ...entry, attributes: attributesOf({ ...http, ...attributes }) },
    ...steps.map((sketch, number) => {
      const { text, values = [], rows, error, name } = sketch;
      const shown: Record<string, Value> = {
        'db.system.name': sketch.system ?? stack.system,
        ...(text === '' ? {} : { 'db.query.text': text }),
        ...stack.attributes,
        ...Object.fromEntries(values.map((value, at) => [`db.query.parameter.${at}`, `${value}`])),
        ...(rows === undefined ? {} : { 'db.response.returned_rows': rows }),
        ...sketch.attributes,
      };
      const parent = sketch.in === undefined ? 'entry' : sketch.in;
      const own = sketch.id ?? `s${number}`;
      const span = spanOf(
        traceId,
        idOf(own),
        idOf(parent),
        name ?? text.split(' ')[0] ?? '',
        sketch.kind ?? 3,
        [sketch.from, sketch.to],
      );
      const isPlain = sketch.kind === 1;
      const status = error === undefined ? {} : { status: { code: 2, message: error } };
      return { ...span, ...status, attributes: attributesOf(isPlain ? {} : shown) };
    }),
  ];
}

function spanOf(
  traceId: string,
  spanId: string,
  parentSpanId: string,
  name: string,
  kind: number,
  [from, to]: readonly [number, number],
) {
  const ns = (ms: number) => String(BASE_NS + BigInt(Math.round(ms * 1e6)));
  return {
    traceId,
    spanId,
    parentSpanId,
    name,
    kind,
    startTimeUnixNano: ns(from),
    endTimeUnixNano: ns(to),
  };
}

function attributesOf(values: Readonly<Record<string, Value>>): object[] {
  return Object.entries(values).map(([key, value]) => ({ key, value: wireValue(value) }));
}

function wireValue(value: Value): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number') return { intValue: String(value) };
  return { arrayValue: { values: value.map(wireValue) } };
}
