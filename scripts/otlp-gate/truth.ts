import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Evidence, evidenceLevels } from '../../src/domain/findings/finding.ts';

/** What truly happened in a recording. */
export interface Truth {
  readonly race: boolean;
  /** What raced, in the words of people: `db:accounts.1.balance`. */
  readonly variable: string;
}

/** What a list says of an issue. */
export interface ListedIssue {
  readonly fingerprint: string;
  readonly variable: string;
  readonly pattern: string;
  readonly evidence: Evidence;
  readonly row: string | null;
  readonly count: number;
  readonly witnesses: readonly { readonly variable: string }[];
}

/** What is to be found in a recording, by what its stack reveals of rows. */
export interface Expectation {
  /** The least evidence on the variable; null: nothing may be told of it. */
  readonly least: Evidence | null;
  /** The most evidence that any issue may have; null: any. */
  readonly most: Evidence | null;
}

/** The truths of a folder of recordings, by the name of the recording. */
export function readTruths(folder: string): ReadonlyMap<string, Truth> {
  const text = readFileSync(join(folder, 'truth.json'), 'utf8');
  const members = Object.entries(JSON.parse(text) as Record<string, Partial<Truth>>);
  return new Map(
    members.map(([file, { race = false, variable = '' }]) => [
      file.replace(/\.ndjson(?:\.gz)?$/, ''),
      { race, variable },
    ]),
  );
}

/** Python's instrumentation of Redis shows no keys. */
const HIDDEN_KEYS = /^py-(?!.*-params--).*--redis-/;
/** The row is told in the body of the request alone. */
const ROW_IN_BODY = /^(?!.*-params--).*--pg-(?:signup|signup-disjoint|transfer)$/;
/** A task's row is told in its message alone. */
const ROW_IN_MESSAGE = /^(?!.*-params--).*-celery--pg-/;

/** Of two rows that hints alone tell nobody knows which was read and which written. */
const TWO_ROWS = /^(?!.*-params--).*--pg-skew$/;

/** What a recording must show, by its name and what happened. */
export function expectationOf(name: string, { race }: Truth): Expectation {
  if (TWO_ROWS.test(name)) return { least: null, most: 'E1' };
  const isHidden = [HIDDEN_KEYS, ROW_IN_BODY, ROW_IN_MESSAGE].some((hidden) => hidden.test(name));
  if (race) return { least: isHidden ? 'E0' : 'E2', most: null };
  return { least: null, most: isHidden ? 'E1' : 'E0' };
}

/** Whether an issue is about what a truth names. */
export function isAbout({ variable: truth }: Truth, issue: ListedIssue): boolean {
  const names = [issue.variable, ...issue.witnesses.map(({ variable }) => variable)];
  return truthPatterns(truth).some((pattern) => names.some((name) => pattern.test(name)));
}

/** Each place at which a race may be told: `http:/docs/1 (and db:docs.1.body)` names two. */
function truthPatterns(truth: string): readonly RegExp[] {
  return truth.split(/[ ()]+/).flatMap((word) => {
    const row = /^db:(\w+)\.([\w*]+)\.(\w+)$/.exec(word);
    if (row !== null) {
      const [, table, key = '', column] = row;
      return [
        new RegExp(`^db:[^[]*\\b${table}\\[\\w+(?:=(?:${key}|\\*)|~[^\\]]*)\\]\\.${column}$`),
      ];
    }
    const set = /^db:(\w+)\[(\w+)=([^\]]*)\]$/.exec(word);
    if (set !== null) {
      const [, table, column, value = ''] = set;
      const shown = value.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
      return [
        new RegExp(`^db:[^[]*\\b${table}\\[${column}(?:=(?:${shown}|\\*)|~[^\\]]*)\\]\\.exists$`),
      ];
    }
    const key = /^redis:(.+)$/.exec(word);
    if (key !== null) return [new RegExp(`^redis:[^ ]*(?:${key[1]}|~[^ ]*)$`)];
    const path = /^http:(.+)$/.exec(word);
    if (path !== null) {
      return [new RegExp(`^http:.*${path[1]?.replace(/\d+/g, '(?:\\d+|\\*)')}$`)];
    }
    return /^\w+\.\w+$/.test(word) ? [new RegExp(`^${word.replace('.', '\\.')}$`)] : [];
  });
}

/** The greater of two levels. */
export function strongest(issues: readonly ListedIssue[]): ListedIssue | null {
  return issues.reduce<ListedIssue | null>(
    (best, issue) =>
      best === null || levelOf(issue.evidence) > levelOf(best.evidence) ? issue : best,
    null,
  );
}

/** The place of a level among all. */
export function levelOf(evidence: Evidence): number {
  return evidenceLevels.indexOf(evidence);
}
