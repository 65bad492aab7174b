import { StatementReader } from '../src/analysis/statements/statement-reader.ts';
import type { EventRecord } from '../src/domain/event/event.ts';
import { compileRedaction } from '../src/domain/event/redaction.ts';
import type { Footprint } from '../src/domain/findings/footprint.ts';
import { OtlpReader } from '../src/domain/otlp/otlp-batch.ts';
import { loadPostgresParser } from '../src/worker/postgres-parser.ts';
import { runTask } from '../src/worker/worker-task.ts';
import { records } from '../test/support/events.ts';

/** What it costs to analyse requests that read a row, think, and write it, from stored texts to findings. */
export interface RequestMeasurement {
  readonly told: 'by an SDK' | 'by spans';
  readonly traces: number;
  readonly events: number;
  readonly seconds: number;
}

/** Traces that are analysed, and then compared, together. */
const BATCH = 100;
const BASE_NS = BigInt(Date.UTC(2024, 0, 1)) * 1_000_000n;
/** Requests overlap with some ten others on one of a hundred rows. */
const GAP_NS = 1_000_000n;
const ROWS = 100;
const switches = { races: true, spans: true };

/** Measures both ways of telling of the same requests. */
export async function measureRequests(traces: number): Promise<readonly RequestMeasurement[]> {
  const reader = new StatementReader(await loadPostgresParser());
  return [
    measure('by an SDK', traces, sdkRequest, reader),
    measure('by spans', traces, spanRequest, reader),
  ];
}

function measure(
  told: RequestMeasurement['told'],
  traces: number,
  recordsOf: (number: number) => readonly EventRecord[],
  reader: StatementReader,
): RequestMeasurement {
  let seconds = 0;
  let events = 0;
  for (let first = 0; first < traces; first += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, traces - first) }, (_, place) =>
      recordsOf(first + place).map(withTexts),
    );
    const started = process.cpuUsage();
    const analysed = runTask(
      {
        kind: 'records',
        switches,
        traces: batch.map((own) => ({
          traceId: own[0]?.traceId ?? '',
          events: own,
          written: [],
          characters: 0,
          truncatedBy: null,
          leavesTracesOut: false,
          eventCount: own.length,
          mark: 1,
        })),
      },
      reader,
    );
    const footprints: readonly Footprint[] = analysed.flatMap((record) => record.footprints);
    const targets = analysed.map(({ traceId }) => ({ traceId, mark: 1, cuts: [] }));
    runTask({ kind: 'comparisons', comparisons: [{ targets, footprints }] }, reader);
    const { user, system } = process.cpuUsage(started);
    seconds += (user + system) / 1e6;
    events += batch.reduce((sum, own) => sum + own.length, 0);
  }
  return { told, traces, events, seconds };
}

/** As stored events are read: spans are texts only once somebody asks. */
function withTexts(record: EventRecord): EventRecord {
  const { id, traceId, parentId, timestamp, timestampNs, kind, service } = record;
  const { payload, metadata, vector, lockSet, extra, operation, isError } = record;
  const ids = { id, traceId, parentId, timestamp, timestampNs, kind, service };
  return { ...ids, payload, metadata, vector, lockSet, extra, operation, isError };
}

function instant(number: number, ms: number): bigint {
  return BASE_NS + BigInt(number) * GAP_NS + BigInt(ms) * 1_000_000n;
}

function idOf(number: number, part: number): string {
  return `${number.toString(16).padStart(8, '0')}-0000-8000-8000-${part.toString(16).padStart(12, '0')}`;
}

function sdkRequest(number: number): readonly EventRecord[] {
  const row = number % ROWS;
  const variable = `db:accounts.${row}.balance`;
  const access = (access_type: string, value: number) => ({
    StateChange: { variable, old_value: null, new_value: value, location: 'app.ts:7', access_type },
  });
  const query = (text: string) => ({
    DatabaseQuery: { query: text, database: 'shop', duration_ms: 1 },
  });
  const kinds = [
    { HttpRequest: { method: 'POST', url: `/accounts/${row}/debit`, headers: {} } },
    query('SELECT balance FROM accounts WHERE id = $1'),
    access('Read', number),
    query('UPDATE accounts SET balance = $1 WHERE id = $2'),
    access('Write', number + 1),
    { HttpResponse: { status: 200, headers: {}, duration_ms: 12 } },
  ];
  return records(
    kinds.map((kind, place) => ({
      id: idOf(number, place),
      trace_id: idOf(number, 99),
      parent_id: place === 0 ? null : idOf(number, place - 1),
      timestamp: new Date(Number(instant(number, place * 2) / 1_000_000n)).toISOString(),
      kind,
      metadata: {
        thread_id: 'main',
        process_id: 1,
        service_name: 'shop',
        environment: 'test',
        tags: { sdk_language: 'python' },
        duration_ns: null,
        instance_id: 'one',
        distributed_span_id: idOf(number, 0).slice(0, 8),
        upstream_span_id: null,
      },
      causality_vector: [['shop#one', place + 1]],
      lock_set: [],
    })),
  );
}

const otlp = new OtlpReader(compileRedaction({ headers: [], tags: [], paths: [] }));

function spanRequest(number: number): readonly EventRecord[] {
  const row = number % ROWS;
  const hex = (part: number) => (number * 16 + part + 1).toString(16).padStart(16, '0');
  const attributes = (members: Readonly<Record<string, string>>) =>
    Object.entries(members).map(([key, stringValue]) => ({ key, value: { stringValue } }));
  const span = (part: number, from: number, to: number, kind: number, members: object) => ({
    traceId: hex(15).padStart(32, 'a'),
    spanId: hex(part),
    parentSpanId: part === 0 ? '' : hex(0),
    name: part === 0 ? 'POST /accounts/:id/debit' : 'query',
    kind,
    startTimeUnixNano: String(instant(number, from)),
    endTimeUnixNano: String(instant(number, to)),
    attributes: attributes(members as Record<string, string>),
  });
  const query = (part: number, from: number, text: string) =>
    span(part, from, from + 1, 3, {
      'db.system': 'postgresql',
      'db.name': 'shop',
      'db.statement': text,
    });
  const request = {
    'http.request.method': 'POST',
    'url.path': `/accounts/${row}/debit`,
    'http.route': '/accounts/:id/debit',
  };
  const spans = [
    span(0, 0, 12, 2, request),
    query(1, 1, 'BEGIN'),
    query(2, 3, 'SELECT balance FROM accounts WHERE id = $1'),
    query(3, 8, 'UPDATE accounts SET balance = $1 WHERE id = $2'),
    query(4, 10, 'COMMIT'),
  ];
  const resource = {
    attributes: attributes({ 'service.name': 'shop', 'service.instance.id': 'one' }),
  };
  const body = { resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'pg' }, spans }] }] };
  return otlp.traces(Buffer.from(JSON.stringify(body)), 'json', null).events;
}
