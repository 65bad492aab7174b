import { TomlDate } from 'smol-toml';
import type { z } from 'zod';
import type { Fault } from './fault.ts';
import { refusedKeys } from './refused-keys.ts';
import { keys, settingsSchema } from './schema.ts';
import { nearest } from './spelling.ts';
import { isTree, type Tree, valueAt } from './toml.ts';
import type { Key } from './values/key.ts';

/** Names and texts of a file that a message repeats, cut there. */
const shownLength = 40;

/**
 * Everything the schema finds wrong in the values of one source. `written` is what messages quote:
 * the same values before variables were filled in.
 */
export function treeFaults(
  filled: Tree,
  written: Tree,
  sourceOf: (key: string) => string,
): Fault[] {
  const result = settingsSchema.safeParse(filled);
  if (result.success) return [];
  return result.error.issues.flatMap((issue) => faultsOf(issue, written, sourceOf));
}

function faultsOf(
  issue: z.core.$ZodIssue,
  written: Tree,
  sourceOf: (key: string) => string,
): Fault[] {
  const path = issue.path.map(String);
  const around = path.findIndex((_, index) => keyAt(path.slice(0, index))?.kind === 'tables');
  const tables = around === -1 ? undefined : keyAt(path.slice(0, around));
  if (tables !== undefined) {
    const { name: key, members } = tables;
    return entryReasons(issue, path.slice(around), members).map((reason) => ({
      source: sourceOf(key),
      key,
      reason,
    }));
  }
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((name) => {
      const known = [...path, name].join('.');
      return { source: sourceOf(known), key: shownName(known), reason: unknownKey(known) };
    });
  }
  const depth = path.findIndex((_, index) => keyAt(path.slice(0, index + 1)) !== undefined) + 1;
  const key = depth === 0 ? undefined : keyAt(path.slice(0, depth));
  if (key === undefined) {
    const name = path.join('.');
    const reason = `must be a table: write [${name}] on a line of its own, and its keys below`;
    return [{ source: sourceOf(name), key: name, reason }];
  }
  const item = path.length > depth ? `item ${Number(path[depth]) + 1} ` : '';
  const reason = item + reasonOf(issue, key, valueAt(written, path), item !== '');
  return [{ source: sourceOf(key.name), key: key.name, reason }];
}

/** What is wrong in a table of a key that takes several; `place` is its index and member. */
function entryReasons(
  issue: z.core.$ZodIssue,
  [index, member]: string[],
  members: readonly string[],
): string[] {
  const item = `item ${Number(index) + 1}`;
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((name) => {
      const likely = nearest(name, members);
      const hint = likely === null ? `known are ${members.join(', ')}` : `did you mean ${likely}?`;
      return `${item} has an unknown member ${shownName(name)} (${hint})`;
    });
  }
  if (member === undefined) return [`${item} must be a table of its own`];
  return [`${item}: ${member} ${issue.message}`];
}

function reasonOf(issue: z.core.$ZodIssue, key: Key, value: unknown, isItem: boolean): string {
  if (issue.code === 'custom') return issue.message;
  const expects = isItem ? 'a text in quotes' : key.expects;
  return key.secret ? `must be ${expects}` : `must be ${expects}, not ${shown(value)}`;
}

function unknownKey(name: string): string {
  const refused = refusedKeys.get(name);
  if (refused !== undefined) return refused;
  const suggestion = likelyKey(name);
  return `is not a known key${suggestion === null ? '' : ` (did you mean ${suggestion}?)`}`;
}

/** A key that is right but for its table is likelier meant than one that is spelt alike. */
function likelyKey(name: string): string | null {
  const last = name.slice(name.lastIndexOf('.') + 1);
  const misplaced = keys.filter((key) => key.path.at(-1) === last);
  if (misplaced.length === 1) return misplaced[0]?.name ?? null;
  const tables = keys.flatMap((key) => key.path.slice(0, -1).map((_, i) => tableName(key, i + 1)));
  const around = tables.filter((table) => !name.startsWith(`${table}.`));
  return nearest(name, new Set([...keys.map((key) => key.name), ...around]));
}

function tableName(key: Key, depth: number): string {
  return key.path.slice(0, depth).join('.');
}

function keyAt(path: readonly string[]): Key | undefined {
  const name = path.join('.');
  return keys.find((key) => key.name === name);
}

function shownName(name: string): string {
  const plain = /^[\w.-]+$/.test(name) ? name : JSON.stringify(name);
  return plain.length > 2 * shownLength ? `${plain.slice(0, 2 * shownLength)}…` : plain;
}

function shown(value: unknown): string {
  if (typeof value === 'string') {
    return JSON.stringify(value.length > shownLength ? `${value.slice(0, shownLength)}…` : value);
  }
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return 'a list';
  if (value instanceof TomlDate) return 'a date';
  return isTree(value) ? 'a table' : 'this';
}
