/**
 * How much fits into memory: the built server with `storage.memory.max_bytes` at 800 MiB, all else as
 * shipped and in 1 GiB, takes 2 million events of SDK shape, 20 to a trace, then another million; each round is
 * analysed before the next one comes. `npm run bench:memory`; `-- --part=N` takes an Nth of both.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Load } from './load.ts';
import { key, type MeasuredServer, startMeasured } from './programs.ts';
import { number } from './results.ts';

const MEBIBYTE = 1024 * 1024;
const EVENTS = 2_000_000;
const MORE_EVENTS = 1_000_000;
const ROUND_EVENTS = 100_000;
const SHAPE = { events: ROUND_EVENTS, batchSize: 100, gzip: false };
const CONNECTIONS = 16;
/** A round's analysis takes seconds; a machine on which it takes longer measures something else. */
const SETTLE_MS = 600_000;
/** As docs/storage.md, "Memory", advises where memory is tight. */
const TIGHT = { NODE_OPTIONS: '--max-old-space-size=530', MALLOC_ARENA_MAX: '2' };

interface Status {
  readonly events_captured: number;
  readonly storage: {
    readonly bytes: number;
    readonly evicted_events: number;
  };
}

const { values } = parseArgs({ options: { part: { type: 'string', default: '1' } } });
const part = Number(values.part);
const server = await startMeasured(null, {
  ...TIGHT,
  RACEWAY_STORAGE_MEMORY_MAX_BYTES: String(Math.round((800 * MEBIBYTE) / part)),
});
const load = new Load();
console.log('| events sent | kept | given up | counted MiB | RSS MiB | most MiB | events/s |');
console.log('| --- | --- | --- | --- | --- | --- | --- |');
for (let sent = 0; sent < (EVENTS + MORE_EVENTS) / part; ) {
  await load.prepare(SHAPE, key);
  const { seconds } = await load.send(server.url, CONNECTIONS);
  await server.settled(SETTLE_MS);
  sent += ROUND_EVENTS;
  console.log(await row(server, sent, ROUND_EVENTS / seconds));
}
load.end();
await server.end('SIGTERM');

async function row({ get, pid }: MeasuredServer, sent: number, perSecond: number): Promise<string> {
  const { events_captured: kept, storage } = (await get('/status')) as Status;
  const process = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mebibytes = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(process)?.[1]) / 1024;
  const cells = [
    sent,
    kept,
    storage.evicted_events,
    storage.bytes / MEBIBYTE,
    mebibytes('VmRSS'),
    mebibytes('VmHWM'),
    perSecond,
  ];
  return `| ${cells.map(number).join(' | ')} |`;
}
