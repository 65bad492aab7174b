import { isAbsolute, relative } from 'node:path';
import type { Race } from './race.ts';

/** A place in a file of the project, as reviewers and their tools name it. */
export interface SourcePlace {
  /** From the folder of the project, with slashes. */
  readonly path: string;
  readonly line: number;
}

const fileAndLine = /^(.{1,1024}?):(\d{1,7})(?::\d+)?$/;

/** A race whose locations are named from the folder of the project, where they lie in it. */
export function withLocalPlaces(race: Race, projectFolder: string): Race {
  const local = <Part extends { readonly location: string }>(part: Part): Part => ({
    ...part,
    location: localLocation(part.location, projectFolder),
  });
  const [one, other] = race.places;
  return { ...race, places: [local(one), local(other)], steps: race.steps.map(local) };
}

function localLocation(location: string, projectFolder: string): string {
  const plain = location.replace(/^file:\/\//, '');
  if (!isAbsolute(plain) || !fileAndLine.test(plain)) return location;
  const path = relative(projectFolder, plain);
  return path.startsWith('..') || isAbsolute(path) ? location : path.replaceAll('\\', '/');
}

/**
 * Reads a location: `path:line` or `path:line:column`. Null when it names no file of the project: an
 * operation, a library, a place in another container.
 */
export function sourcePlace(location: string): SourcePlace | null {
  const match = fileAndLine.exec(location);
  if (match === null) return null;
  const [, name = '', digits] = match;
  const path = name.replace(/^\.\//, '');
  const isInside = !isAbsolute(path) && !/(?:^|\/)(?:\.\.|node_modules)\//.test(path);
  const isFile = /\.\w+$/.test(path) && !path.includes('://');
  return isInside && isFile && Number(digits) > 0 ? { path, line: Number(digits) } : null;
}
