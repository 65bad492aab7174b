/**
 * What order and races cost: `npm run bench:analysis [-- --json] [part of a case's name ...]`. Each
 * case runs in a process of its own. Decoded events are made before the clock starts; reading them
 * from JSON costs more than analysing them. Seconds are of processor time, garbage collection
 * included, so that a busy machine changes little.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { analyseOrder } from '../src/analysis/order/order.ts';
import { searchRaces } from '../src/analysis/within/races.ts';
import { measureTraffic } from './analysed-traffic.ts';
import { analysisCases } from './analysis-cases.ts';
import { checkGrowth, cpuSeconds, measureWork, printWork, type Work } from './growth.ts';
import { measureRequests } from './requests.ts';
import { workCases } from './work-cases.ts';

interface Measurement {
  readonly name: string;
  readonly events: number;
  readonly orderSeconds: number;
  readonly racesSeconds: number;
  /** Of the decoded events. */
  readonly eventsMiB: number;
  /** Of all that analysis keeps until its answer is read, the events left out. */
  readonly analysisMiB: number;
  readonly peakMiB: number;
  readonly races: number;
  readonly truncatedBy: string | null;
}

const MEBIBYTE = 1024 * 1024;
/** What is measured of whole requests, told by an SDK and by spans. */
const REQUESTS = 'requests';
const REQUESTS_MEASURED = 100_000;
/** What is measured of traffic as a server has it, ordinary and dense. */
const TRAFFIC = 'traffic';
const TRACES_OF_TRAFFIC = 20_000;

if (process.argv[2] === '--one') {
  const [name = '', size] = process.argv.slice(3);
  const work = workCases.find((candidate) => candidate.name === name);
  if (work === undefined) measureOne(name, Number(size));
  else await measureWork(work, Number(size));
} else {
  await measureAll(process.argv.slice(2));
}

async function measureAll(args: readonly string[]): Promise<void> {
  const wanted = args.filter((argument) => argument !== '--json');
  const isWanted = ({ name }: { readonly name: string }) =>
    wanted.length === 0 || wanted.some((part) => name.includes(part));
  const measured = analysisCases.filter(isWanted).flatMap(measureSizes<Measurement>);
  const work = workCases.filter(isWanted).flatMap(measureSizes<Work>);
  if (args.includes('--json')) console.log(JSON.stringify([...measured, ...work], null, 2));
  else {
    if (measured.length > 0) printTable(measured);
    if (work.length > 0) printWork(work);
  }
  checkGrowth(work);
  if (wanted.length === 0 || wanted.includes(REQUESTS)) await printRequests();
  if (wanted.length === 0 || wanted.includes(TRAFFIC)) await printTraffic();
}

/** Measures each size of a case in a process of its own. */
function measureSizes<Measured>({
  name,
  sizes,
}: {
  readonly name: string;
  readonly sizes: readonly number[];
}): readonly Measured[] {
  return sizes.map((size) => {
    const script = [fileURLToPath(import.meta.url), '--one', name, String(size)];
    const options = ['--expose-gc', '--max-old-space-size=8192', '--import', 'tsx'];
    const child = spawnSync(process.execPath, [...options, ...script], { encoding: 'utf8' });
    if (child.status !== 0) throw new Error(`${name}: ${child.stderr}`);
    return JSON.parse(child.stdout) as Measured;
  });
}

async function printRequests(): Promise<void> {
  const measured = await measureRequests(REQUESTS_MEASURED);
  console.table(
    measured.map(({ told, traces, events, seconds }) => ({
      requests: told,
      traces,
      events,
      's of CPU': Number(seconds.toFixed(1)),
      'traces/s': Math.round(traces / seconds),
    })),
  );
}

async function printTraffic(): Promise<void> {
  const measured = await measureTraffic(TRACES_OF_TRAFFIC);
  console.table(
    measured.map(({ traffic, overlappingPercent, events, secondsPerMillion }) => ({
      traffic,
      'overlapping %': overlappingPercent?.toFixed(1) ?? '',
      events,
      's of CPU per million': Number(secondsPerMillion.toFixed(1)),
    })),
  );
}

function measureOne(name: string, size: number): void {
  const found = analysisCases.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no case is named ${name}`);
  const before = heldMiB();
  const traces = found.traces(size);
  const afterEvents = heldMiB();
  let orderSeconds = 0;
  let racesSeconds = 0;
  let races = 0;
  const truncations = new Set<string>();
  const kept: unknown[] = [];
  for (const trace of traces) {
    const started = cpuSeconds();
    const order = analyseOrder(trace);
    const ordered = cpuSeconds();
    const found = searchRaces(order);
    orderSeconds += ordered - started;
    racesSeconds += cpuSeconds() - ordered;
    races += found.eventPairs;
    if (found.truncatedBy !== null) truncations.add(found.truncatedBy);
    // One analysis is at work at a time.
    kept[0] = [order, found];
  }
  const measurement: Measurement = {
    name,
    events: traces.reduce((sum, { length }) => sum + length, 0),
    orderSeconds,
    racesSeconds,
    eventsMiB: afterEvents - before,
    analysisMiB: heldMiB() - afterEvents,
    peakMiB: process.resourceUsage().maxRSS / 1024,
    races,
    truncatedBy: truncations.size === 0 ? null : [...truncations].sort().join(),
  };
  console.log(JSON.stringify(measurement));
  if (kept.length === 0) throw new Error('nothing was measured');
}

function heldMiB(): number {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / MEBIBYTE;
}

/** `growth` is the time of one event against that in the smallest input of the same case. */
function printTable(measured: readonly Measurement[]): void {
  const first = new Map<string, number>();
  console.table(
    measured.map((one) => {
      const microseconds = ((one.orderSeconds + one.racesSeconds) * 1e6) / one.events;
      const base = first.get(one.name) ?? microseconds;
      first.set(one.name, base);
      return {
        case: one.name,
        events: one.events,
        'order s': Number(one.orderSeconds.toFixed(2)),
        'races s': Number(one.racesSeconds.toFixed(2)),
        'µs/event': Number(microseconds.toFixed(1)),
        growth: Number((microseconds / base).toFixed(2)),
        'events MiB': Math.round(one.eventsMiB),
        'analysis MiB': Math.round(one.analysisMiB),
        'peak MiB': Math.round(one.peakMiB),
        races: one.races,
        'cut by': one.truncatedBy ?? '',
      };
    }),
  );
}
