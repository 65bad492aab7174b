import { realpathSync, statSync } from 'node:fs';

/**
 * A text that changes whenever a file does, or what its path leads to: Kubernetes and certbot swap
 * symlinks. A file that is not there has a state too.
 */
export function fileState(path: string): string {
  try {
    const target = realpathSync(path);
    const { ino, size, mtimeMs, ctimeMs } = statSync(target);
    return [target, ino, size, mtimeMs, ctimeMs].join(' ');
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}

/** Whether a file can be read only once. */
export function isPipe(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFIFO() === true;
}
