import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A control group of the kernel that kills what takes more memory than it may. */
export interface MemoryGroup {
  /** The file that a process writes its id to in order to be in it. */
  readonly processesFile: string;
  /** The most that its processes took, with what the kernel holds for them. */
  peakBytes(): number;
  /** How often the kernel killed one of them. */
  kills(): number;
  remove(): void;
}

const ROOT = '/sys/fs/cgroup';

/** Makes a control group; null where this process may not. */
export function makeMemoryGroup(bytesMax: number): MemoryGroup | null {
  const own = readFileSync('/proc/self/cgroup', 'utf8');
  const v1 = /^\d+:(?:[^:\n]*,)?memory(?:,[^:\n]*)?:(.*)$/m.exec(own)?.[1];
  const v2 = /^0::(.*)$/m.exec(own)?.[1];
  const name = `raceway-memory-${process.pid}-${bytesMax}`;
  try {
    if (v1 !== undefined) return groupOfVersion1(join(ROOT, 'memory', v1, name), bytesMax);
    if (v2 !== undefined) return groupOfVersion2(join(ROOT, v2, name), bytesMax);
  } catch {
    // Not writable: a container, or an ordinary user.
  }
  return null;
}

function groupOfVersion1(folder: string, bytesMax: number): MemoryGroup {
  mkdirSync(folder);
  try {
    writeFileSync(join(folder, 'memory.limit_in_bytes'), String(bytesMax));
    const swap = join(folder, 'memory.memsw.limit_in_bytes');
    if (existsSync(swap)) writeFileSync(swap, String(bytesMax));
  } catch (error) {
    rmdirSync(folder);
    throw error;
  }
  return {
    processesFile: join(folder, 'cgroup.procs'),
    peakBytes: () => Number(readFileSync(join(folder, 'memory.max_usage_in_bytes'), 'utf8')),
    kills: () => killsIn(join(folder, 'memory.oom_control')),
    remove: () => rmdirSync(folder),
  };
}

function groupOfVersion2(folder: string, bytesMax: number): MemoryGroup {
  mkdirSync(folder);
  try {
    writeFileSync(join(folder, 'memory.max'), String(bytesMax));
    const swap = join(folder, 'memory.swap.max');
    if (existsSync(swap)) writeFileSync(swap, '0');
  } catch (error) {
    rmdirSync(folder);
    throw error;
  }
  const peak = join(folder, 'memory.peak');
  return {
    processesFile: join(folder, 'cgroup.procs'),
    peakBytes: () => (existsSync(peak) ? Number(readFileSync(peak, 'utf8')) : 0),
    kills: () => killsIn(join(folder, 'memory.events')),
    remove: () => rmdirSync(folder),
  };
}

function killsIn(file: string): number {
  return Number(/^oom_kill (\d+)$/m.exec(readFileSync(file, 'utf8'))?.[1] ?? 0);
}
