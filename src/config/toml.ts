import { parse, TomlDate, TomlError } from 'smol-toml';
import type { Environment } from './environment.ts';
import type { Fault } from './fault.ts';
import { interpolate } from './interpolation.ts';

/** A TOML table; made without a prototype, so that any key is only a key. */
export type Tree = { [name: string]: unknown };

export interface TomlReading {
  /** As written, for messages: a value out of the environment may be a secret. */
  readonly written: Tree;
  /** With the variables filled in. */
  readonly filled: Tree;
  readonly faults: Fault[];
}

/** Reads a TOML text and fills in the variables its strings refer to. */
export function readToml(text: string, source: string, environment: Environment): TomlReading {
  const reading: TomlReading = { written: emptyTree(), filled: emptyTree(), faults: [] };
  try {
    Object.assign(reading.written, parse(text));
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    reading.faults.push(syntaxFault(error, source));
    return reading;
  }
  const fill = (value: unknown, path: string): unknown => {
    if (typeof value !== 'string') return value;
    const result = interpolate(value, environment);
    if ('text' in result) return result.text;
    reading.faults.push({ source, key: path, reason: result.fault });
    return undefined;
  };
  Object.assign(reading.filled, filledTree(reading.written, fill));
  return reading;
}

/** A table without keys and without a prototype. */
export function emptyTree(): Tree {
  return Object.create(null) as Tree;
}

/** Whether a value of a TOML document is a table. */
export function isTree(value: unknown): value is Tree {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof TomlDate)
  );
}

/** What stands at a path; undefined when nothing does. Lists are walked by index. */
export function valueAt(tree: Tree, path: readonly string[]): unknown {
  let value: unknown = tree;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step))
      return undefined;
    value = (value as Tree)[step];
  }
  return value;
}

/** Puts a value at a path, with the tables around it. */
export function placeIn(tree: Tree, path: readonly string[], value: unknown): void {
  let table = tree;
  for (const step of path.slice(0, -1)) {
    const inner = table[step];
    const next = isTree(inner) ? inner : emptyTree();
    table[step] = next;
    table = next;
  }
  const last = path.at(-1);
  if (last !== undefined) table[last] = value;
}

/** The message of the parser goes on with lines of the file, where the keys and passwords are. */
function syntaxFault(error: TomlError, source: string): Fault {
  const reason = error.message.split('\n')[0]?.replace(/^Invalid TOML document: /, '') ?? '';
  const place = `${source} line ${error.line}, column ${error.column}`;
  return { source: place, key: '', reason: `is not TOML: ${reason}` };
}

/**
 * A copy with every value passed through `fill`; what comes back undefined is left out. The depth
 * of the document is bounded by the parser, and the configuration itself is three tables deep:
 * anything below is an unknown key and is copied as it is.
 */
function filledTree(
  tree: Tree,
  fill: (value: unknown, path: string) => unknown,
  path: readonly string[] = [],
): Tree {
  const copy = emptyTree();
  for (const [name, value] of Object.entries(tree)) {
    const place = [...path, name];
    const dotted = place.join('.');
    if (isTree(value) && place.length < 3) copy[name] = filledTree(value, fill, place);
    else if (Array.isArray(value)) {
      const items = value.map((item) =>
        isTree(item) && place.length < 3 ? filledTree(item, fill, place) : fill(item, dotted),
      );
      if (!items.includes(undefined)) copy[name] = items;
    } else {
      const filled = fill(value, dotted);
      if (filled !== undefined) copy[name] = filled;
    }
  }
  return copy;
}
