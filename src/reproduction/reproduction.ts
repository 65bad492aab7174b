import type { Pattern } from '../domain/findings/finding.ts';
import type { Issue } from '../domain/findings/issue.ts';
import { doubleInserts } from './double-inserts.ts';
import { curlScript, fetchScript, type SentRequest } from './http-scripts.ts';
import { nodeTest } from './node-test.ts';
import { psqlScript } from './psql-script.ts';
import { type Attempt, overtakenWrites, skewedWrites, unrepeatedReads } from './replayed-races.ts';
import { readWitness, type WitnessStep } from './witness.ts';

export const scriptNames = ['psql', 'pg', 'curl', 'node'] as const;
export type ScriptName = (typeof scriptNames)[number];

/** One script that makes a race happen. */
export interface Script {
  readonly name: ScriptName;
  readonly language: 'bash' | 'javascript';
  /** The name of a file for it. */
  readonly file: string;
  readonly text: string;
}

/** Scripts that make a race happen, and what keeps others from being there. */
export interface Reproduction {
  readonly scripts: readonly Script[];
  /** Sentences. */
  readonly reasons: readonly string[];
}

/**
 * Writes scripts that make a race happen again, from its best witness.
 *
 * @param requests of the two sides; null where the trace has none
 */
export function reproductionOf(
  issue: Issue,
  requests: readonly [SentRequest | null, SentRequest | null],
): Reproduction {
  const title = `${issue.pattern.replaceAll('_', ' ')} of ${issue.subject.variable}`;
  const [text] = issue.witnesses;
  const witness = text === undefined ? [] : readWitness(text);
  const inDatabase = databaseScripts(title, issue.pattern, witness);
  const overHttp = httpScripts(title, requests);
  return {
    scripts: [...inDatabase.scripts, ...overHttp.scripts],
    reasons: [...inDatabase.reasons, ...overHttp.reasons],
  };
}

function databaseScripts(
  title: string,
  pattern: Pattern,
  witness: readonly WitnessStep[],
): Reproduction {
  const attempt = attemptAt(title, pattern, witness);
  if ('reason' in attempt)
    return { scripts: [], reasons: [`no script for a database: ${attempt.reason}`] };
  const { scenario } = attempt;
  return {
    scripts: [
      { name: 'psql', language: 'bash', file: 'race.sh', text: psqlScript(scenario) },
      { name: 'pg', language: 'javascript', file: 'race.test.mjs', text: nodeTest(scenario) },
    ],
    reasons: [],
  };
}

function attemptAt(title: string, pattern: Pattern, witness: readonly WitnessStep[]): Attempt {
  if (witness.length === 0) return { reason: 'no witness of the race is kept' };
  if (!witness.every(({ variable }) => variable.startsWith('db:'))) {
    return {
      reason: 'the variable does not live in a database (its name does not begin with db:)',
    };
  }
  switch (pattern) {
    case 'lost_update':
    case 'check_then_act':
      return overtakenWrites(title, witness);
    case 'check_then_insert':
    case 'double_submit':
      return { scenario: doubleInserts(title, witness) };
    case 'write_skew':
      return skewedWrites(title, witness);
    case 'non_repeatable_read':
      return unrepeatedReads(title, witness);
    case 'dirty_read':
      return { reason: 'PostgreSQL shows nobody what is not committed, at any level of isolation' };
    default:
      return {
        reason: 'nothing but the missing order is known of it, which leaves no trace in values',
      };
  }
}

function httpScripts(
  title: string,
  [one, other]: readonly [SentRequest | null, SentRequest | null],
): Reproduction {
  if (one === null || other === null) {
    return {
      scripts: [],
      reasons: ['no script over HTTP: a side of the race was no HTTP request'],
    };
  }
  return {
    scripts: [
      { name: 'curl', language: 'bash', file: 'race-http.sh', text: curlScript(title, one, other) },
      {
        name: 'node',
        language: 'javascript',
        file: 'race-http.mjs',
        text: fetchScript(title, one, other),
      },
    ],
    reasons: [],
  };
}
