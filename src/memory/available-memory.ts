import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { dirname, join } from 'node:path';

const ROOT = '/sys/fs/cgroup';

/**
 * What this process may take, in bytes: the least that a control group around it allows, or that the
 * machine has. Node looks at the innermost group alone.
 */
export function availableMemory(): number {
  const limits = [totalmem(), process.constrainedMemory() ?? 0, ...limitsOfGroups()];
  return Math.min(...limits.filter((bytes) => bytes > 0));
}

function limitsOfGroups(): number[] {
  const own = textOf('/proc/self/cgroup');
  const v1 = /^\d+:(?:[^:\n]*,)?memory(?:,[^:\n]*)?:(.*)$/m.exec(own)?.[1];
  const v2 = /^0::(.*)$/m.exec(own)?.[1];
  return [
    ...limitsFrom(join(ROOT, 'memory'), v1, 'memory.limit_in_bytes'),
    ...limitsFrom(ROOT, v2, 'memory.max'),
  ];
}

/** The limits of a group and of all around it; where there is none the file says `max`. */
function limitsFrom(root: string, group: string | undefined, file: string): number[] {
  if (group === undefined) return [];
  const limits: number[] = [];
  for (let folder = join(root, group); folder.startsWith(root); folder = dirname(folder)) {
    const bytes = Number.parseInt(textOf(join(folder, file)), 10);
    if (bytes > 0) limits.push(bytes);
  }
  return limits;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // Not Linux, or no such group here.
    return '';
  }
}
