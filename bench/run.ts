/**
 * Measures what the documents quote, each figure against a ceiling of the same run: `npm run bench`.
 * `--smoke` only checks that the harness works; `--only=TEXT` measures the sections whose name
 * contains the text; `--json=FILE` says where the figures go; `--events=COUNT` is the length of the
 * long ingest, `--rounds=COUNT` how often a figure is measured.
 */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { startStoppablePostgres } from '../test/support/postgres-server.ts';
import { measureBareWriter } from './bare-writer.ts';
import { measureCosts } from './costs.ts';
import { measureBacklog, measureFindings } from './following.ts';
import { measureIngest } from './ingest.ts';
import { Load } from './load.ts';
import { measureHalfRate, measureLongIngest, measureStart } from './operation.ts';
import { measureOtlp } from './otlp.ts';
import { analysisOff, startSink } from './programs.ts';
import { measureQueries } from './queries.ts';
import { type Row, tableHead, tableLine } from './results.ts';
import { fullScale, smokeScale } from './scale.ts';
import { measureScaleOut } from './scale-out.ts';

const { values } = parseArgs({
  options: {
    smoke: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    json: { type: 'string', default: 'bench-results.json' },
    events: { type: 'string' },
    rounds: { type: 'string' },
  },
});
const usual = values.smoke ? smokeScale : fullScale;
const scale = { ...usual, rounds: Number(values.rounds ?? usual.rounds) };
/** As an operator runs it, unlike the Postgres of the suite. */
const durable = {
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
  shared_buffers: '512MB',
  max_wal_size: '8GB',
  wal_compression: 'on',
};

const load = new Load();
const sink = await startSink();
const postgres = await startStoppablePostgres(durable);
const { connection } = postgres;
const longEvents = Number(values.events ?? scale.longEvents);

const sections: Readonly<Record<string, () => AsyncIterable<Row>>> = {
  start: () => measureStart(scale),
  memory: () => measureIngest('memory', null, load, sink, scale),
  'memory without analysis': () =>
    measureIngest(
      'memory, analysis off',
      null,
      load,
      sink,
      scale,
      analysisOff,
      ({ batchSize, connections, gzip }) => batchSize === 100 && connections === 16 && !gzip,
    ),
  postgres: () => measureIngest('Postgres', connection, load, sink, scale),
  'otlp memory': () => measureOtlp('memory', null, load, sink, scale),
  'otlp postgres': () => measureOtlp('Postgres', connection, load, sink, scale),
  'bare writer': () => measureBareWriter(connection, load, scale),
  'half rate': () => measureHalfRate(connection, load, sink, scale),
  'scale-out': () => measureScaleOut(connection, load, scale),
  'reading memory': () => measureQueries('memory', null, load, sink, scale),
  'reading postgres': () => measureQueries('Postgres', connection, load, sink, scale),
  'costs memory': () => measureCosts('memory', null, load, sink, scale),
  'costs postgres': () => measureCosts('Postgres', postgres, load, sink, scale),
  'findings memory': () =>
    measureFindings('memory', null, load, scale, 1, ['nothing', 'a storm', 'a giant']),
  'findings postgres': () =>
    measureFindings('Postgres', connection, load, scale, 1, ['nothing', 'a storm']),
  'findings of four': () =>
    measureFindings('Postgres, 4 instances', connection, load, scale, 4, ['nothing']),
  'backlog memory': () => measureBacklog('memory', null, load, scale),
  'backlog postgres': () => measureBacklog('Postgres', connection, load, scale),
  'long ingest': () => measureLongIngest(connection, load, longEvents),
};

const machine = { node: process.version, cpus: cpus().length, model: cpus()[0]?.model ?? '' };
const rows: Row[] = [];
console.log(tableHead());
for (const [name, measure] of Object.entries(sections)) {
  if (!name.includes(values.only)) continue;
  const startedMs = performance.now();
  // Told and written as they come: a run that is cut off has measured something.
  for await (const row of measure()) {
    rows.push(row);
    console.log(tableLine(row));
    writeFileSync(values.json, `${JSON.stringify({ machine, rows }, null, 2)}\n`);
  }
  console.error(`${name}: ${((performance.now() - startedMs) / 1000).toFixed(0)} s`);
}
load.end();
sink.end();
await postgres.stop('SIGINT');
