import { accessSync, constants, statSync } from 'node:fs';

/** A file of the configuration as it lies on the disk. */
export interface FileFacts {
  readonly path: string;
  /** Keys, a password or a private key are in it. */
  readonly isSecret: boolean;
  /** The nine bits of its permissions. */
  readonly mode: number;
  /** Nobody can change it or its permissions here, as with secrets that Kubernetes mounts. */
  readonly isReadOnly: boolean;
}

/** Facts on files that were just read. */
export function fileFacts(path: string, isSecret: boolean): FileFacts {
  return { path, isSecret, mode: statSync(path).mode & 0o777, isReadOnly: isOnReadOnlyMount(path) };
}

function isOnReadOnlyMount(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EROFS';
  }
}
