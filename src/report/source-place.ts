import { isAbsolute, relative } from 'node:path';

/** A place in a file, as reviewers and their tools name it. */
export interface SourcePlace {
  /** From the folder of the project, with slashes. */
  readonly path: string;
  readonly line: number;
}

/**
 * Reads the location of an access: `path:line` or `path:line:column`, perhaps as a `file:` URL. Null
 * when it names no file below the project: an operation, a library, a place in another container.
 */
export function sourcePlace(location: string, projectFolder: string): SourcePlace | null {
  const match = /^(?:file:\/\/)?(.{1,1024}?):(\d{1,7})(?::\d+)?$/.exec(location);
  if (match === null) return null;
  const [, name = '', digits] = match;
  const path = (isAbsolute(name) ? relative(projectFolder, name) : name).replaceAll('\\', '/');
  const isInside = path !== '' && !path.startsWith('../') && !isAbsolute(path);
  const isFile = /\.\w+$/.test(path) && !path.includes('://') && !path.includes('node_modules/');
  const line = Number(digits);
  return isInside && isFile && line > 0 ? { path: path.replace(/^\.\//, ''), line } : null;
}
