/**
 * Measures what the documents quote, each figure against a ceiling of the same run: `npm run bench`.
 * `--smoke` only checks that the harness works; `--only=TEXT` measures the sections whose name
 * contains the text; `--json=FILE` says where the figures go.
 */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { startStoppablePostgres } from '../test/support/postgres-server.ts';
import { measureBareWriter } from './bare-writer.ts';
import { measureIngest } from './ingest.ts';
import { Load } from './load.ts';
import { startSink } from './programs.ts';
import { type Row, table } from './results.ts';
import { fullScale, smokeScale } from './scale.ts';

const { values } = parseArgs({
  options: {
    smoke: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    json: { type: 'string', default: 'bench-results.json' },
  },
});
const scale = values.smoke ? smokeScale : fullScale;
/** As an operator runs it, unlike the Postgres of the suite. */
const durable = {
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
  shared_buffers: '512MB',
  max_wal_size: '4GB',
};

const load = new Load();
const sink = await startSink();
const postgres = await startStoppablePostgres(durable);
const { connection } = postgres;
const analysisOff = {
  RACEWAY_RACE_DETECTION_ENABLED: 'false',
  RACEWAY_ANOMALY_DETECTION_ENABLED: 'false',
};

const sections: Readonly<Record<string, () => Promise<Row[]>>> = {
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
  'bare writer': () => measureBareWriter(connection, load, scale),
};

const rows: Row[] = [];
for (const [name, measure] of Object.entries(sections)) {
  if (!name.includes(values.only)) continue;
  const startedMs = performance.now();
  rows.push(...(await measure()));
  console.error(`${name}: ${((performance.now() - startedMs) / 1000).toFixed(0)} s`);
}
load.end();
sink.end();
await postgres.stop('SIGINT');
const machine = { node: process.version, cpus: cpus().length, model: cpus()[0]?.model ?? '' };
writeFileSync(values.json, `${JSON.stringify({ machine, rows }, null, 2)}\n`);
console.log(table(rows));
