import { GROWTH_MAX, type WorkCase, workCases } from './work-cases.ts';

/** One size of a case of work-cases.ts. */
export interface Work {
  readonly name: string;
  readonly size: number;
  /** Of one of the times that the work was done. */
  readonly cpuSeconds: number;
  readonly peakMiB: number;
  readonly races: number;
  readonly truncatedBy: string | null;
}

/** Small sizes are worked on as often as they go into the largest, so that starting up weighs as little. */
export async function measureWork({ name, sizes, prepare }: WorkCase, size: number): Promise<void> {
  const work = prepare(size);
  const times = Math.max(1, Math.round(Math.max(...sizes) / size));
  const started = cpuSeconds();
  let outcome = await work();
  for (let time = 1; time < times; time += 1) outcome = await work();
  const measured: Work = {
    name,
    size,
    cpuSeconds: (cpuSeconds() - started) / times,
    peakMiB: process.resourceUsage().maxRSS / 1024,
    ...outcome,
  };
  console.log(JSON.stringify(measured));
  process.exit(0);
}

/** Exponent of the processor time from one size to another; null for the smallest of a case. */
function growthOf(work: readonly Work[], { name, size, cpuSeconds: seconds }: Work): number | null {
  const smallest = work.find((one) => one.name === name);
  if (smallest === undefined || smallest.size === size) return null;
  return Math.log(seconds / smallest.cpuSeconds) / Math.log(size / smallest.size);
}

/** Fails the process where the time grows faster than it may. */
export function checkGrowth(work: readonly Work[]): void {
  for (const one of work) {
    const growth = growthOf(work, one);
    if (growth === null || growth <= GROWTH_MAX) continue;
    console.error(
      `${one.name}: at ${one.size} the exponent is ${growth.toFixed(2)}, above ${GROWTH_MAX}`,
    );
    process.exitCode = 1;
  }
}

/** A row for each size. */
export function printWork(work: readonly Work[]): void {
  console.table(
    work.map((one) => ({
      case: one.name,
      size: `${one.size} ${workCases.find(({ name }) => name === one.name)?.unit}`,
      'CPU s': Number(one.cpuSeconds.toFixed(3)),
      exponent: growthOf(work, one)?.toFixed(2) ?? '',
      'peak MiB': Math.round(one.peakMiB),
      races: one.races,
      'cut by': one.truncatedBy ?? '',
    })),
  );
}

/** Processor time of this process so far. */
export function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
