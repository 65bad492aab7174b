import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';

/** One file of the built web UI, whole in memory, with what was packed when it was built. */
export interface WebFile {
  readonly type: string;
  readonly bytes: Buffer;
  readonly gzip: Buffer | null;
  readonly brotli: Buffer | null;
}

/** The built web UI. */
export interface WebFiles {
  /** The page up to and after the address that all its links start from. */
  readonly page: { readonly before: string; readonly after: string; readonly digest: string };
  /** By name; names hold a hash of their content. */
  readonly assets: ReadonlyMap<string, WebFile>;
}

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

const baseMark = '<base href="./"';

/**
 * Reads the few files of the web UI at the start: a request then only looks a name up, so that no
 * path of a request ever names a file.
 *
 * @param folder where the build has put them
 * @returns null when they are not built
 */
export function readWebFiles(folder: string): WebFiles | null {
  const page = join(folder, 'index.html');
  if (!existsSync(page)) return null;
  const text = readFileSync(page, 'utf8');
  const mark = text.indexOf(baseMark);
  if (mark === -1) throw new Error(`${page} has no ${baseMark}`);
  const assetFolder = join(folder, 'assets');
  const names = readdirSync(assetFolder).filter((name) => types[extname(name)] !== undefined);
  return {
    page: {
      before: text.slice(0, mark),
      after: text.slice(mark + baseMark.length),
      digest: createHash('sha256').update(text).digest('base64url').slice(0, 16),
    },
    assets: new Map(names.map((name) => [name, readAsset(join(assetFolder, name))])),
  };
}

function readAsset(path: string): WebFile {
  const packed = (suffix: string) =>
    existsSync(path + suffix) ? readFileSync(path + suffix) : null;
  return {
    type: types[extname(path)] ?? 'application/octet-stream',
    bytes: readFileSync(path),
    gzip: packed('.gz'),
    brotli: packed('.br'),
  };
}

/** The page as it is asked for by a path of some depth, below whatever prefix a proxy takes away. */
export function pageAt({ page }: WebFiles, path: string): string {
  const depth = Math.max(1, path.split('/').length - 1);
  const base = depth === 1 ? './' : '../'.repeat(depth - 1);
  return `${page.before}<base href="${base}"${page.after}`;
}
