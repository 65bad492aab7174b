import { readFileSync } from 'node:fs';

/** Seconds of processor time that a process took. */
export interface ProcessorTime {
  /** Of the thread that the process began with, which serves requests. */
  readonly serving: number;
  /** Of all threads together. */
  readonly all: number;
}

/** Of a second, as Linux counts processor time. */
const CLOCK_TICKS = 100;
/** Places behind the name of the program: own time, in the program and in the kernel. */
const OWN = [11, 12] as const;
/** The same of processes that it started, once they have ended. */
const ENDED = [13, 14] as const;

/** What a process took, thread by thread; on Linux. */
export function processorTime(pid: number): ProcessorTime {
  return {
    serving: secondsIn(`/proc/${pid}/task/${pid}/stat`, OWN),
    all: secondsIn(`/proc/${pid}/stat`, OWN),
  };
}

/** What a process took with all that it ever started, as Postgres does for each connection. */
export function familyTime(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  const living = children === '' ? [] : children.split(' ');
  return living.reduce(
    (sum, child) => sum + (existing(`/proc/${child}/stat`) ?? 0),
    secondsIn(`/proc/${pid}/stat`, [...OWN, ...ENDED]),
  );
}

/** How many processes want a processor: what the machine does besides. */
export function loadOfMachine(): number {
  return Number(readFileSync('/proc/loadavg', 'utf8').split(' ')[0]);
}

/** A child may end between the list and the look at it; its time is its parent's then. */
function existing(path: string): number | null {
  try {
    return secondsIn(path, OWN);
  } catch {
    return null;
  }
}

function secondsIn(path: string, places: readonly number[]): number {
  const stat = readFileSync(path, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return places.reduce((sum, place) => sum + Number(fields[place]), 0) / CLOCK_TICKS;
}
