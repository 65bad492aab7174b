import { type Play, type Scenario, type ScenarioStep, scenarioSchema } from './scenario.ts';
import { commentText, shellWord } from './script-text.ts';

/**
 * A shell script with two sessions of psql that take turns. It ends with 0 when what was expected
 * came about: the race, or with REMEDY=1 that it did not.
 */
export function psqlScript(scenario: Scenario): string {
  const { title, setup, remedySetup, question, asker, race, remedy, isMadeUp } = scenario;
  return `${[
    '#!/usr/bin/env bash',
    `# ${commentText(title)}`,
    '# Runs two sessions of psql on the database of DATABASE_URL, in a schema of its own, which it drops.',
    `# With REMEDY=1 the remedy is tried: ${commentText(remedy.title)}.`,
    ...(isMadeUp ? ['# Values that the trace does not show are made up.'] : []),
    'set -euo pipefail',
    '# Texts are bytes here; what is no plain ASCII is shown as a question mark.',
    'export LC_ALL=C',
    `: "\${DATABASE_URL:?name a PostgreSQL database, as in DATABASE_URL=postgresql://localhost/test}"`,
    'psql_quietly() { psql -X -q -A -t --no-password "$DATABASE_URL" "$@"; }',
    `schema='SET search_path TO ${scenarioSchema}'`,
    `drop() { psql_quietly -c 'SET client_min_messages TO warning; DROP SCHEMA IF EXISTS ${scenarioSchema} CASCADE'; }`,
    'trap drop EXIT',
    'drop',
    `psql_quietly -v ON_ERROR_STOP=1 <<'END'`,
    `CREATE SCHEMA ${scenarioSchema};`,
    `SET search_path TO ${scenarioSchema};`,
    ...setup.map((sql) => `${sql};`),
    'END',
    ...remedySetup.map(
      (sql) =>
        `[ "\${REMEDY:-}" = 1 ] && psql_quietly -v ON_ERROR_STOP=1 -c "$schema" -c ${shellWord(sql)}`,
    ),
    '',
    '# A session reads statements and says when it has done one.',
    'coproc A { psql -X -q -A -t --no-password "$DATABASE_URL" 2>&1; }',
    `in_A=\${A[1]} out_A=\${A[0]}`,
    '# Bash warns that there is a second one; both are meant.',
    '{ coproc B { psql -X -q -A -t --no-password "$DATABASE_URL" 2>&1; }; } 2>/dev/null',
    `in_B=\${B[1]} out_B=\${B[0]}`,
    'answer=""',
    'run() {',
    '  local in="in_$1" out="out_$1" line',
    `  printf '%s;\\n\\\\echo done\\n' "$2" >&"\${!in}"`,
    '  answer=""',
    `  while IFS= read -r line <&"\${!out}"; do`,
    '    [ "$line" = done ] && break',
    '    answer="$line"',
    '  done',
    `  printf '%s  %s%s\\n' "$1" "$2" "\${answer:+  -> \${answer//[^ -~]/?}}"`,
    '}',
    'run A "$schema" && run B "$schema"',
    `if [ "\${REMEDY:-}" = 1 ]; then`,
    ...play(remedy),
    'else',
    ...play(race),
    'fi',
    ...(asker === null ? [] : [`run ${asker} ${shellWord(question)}`, 'found="$answer"']),
    'printf \'\\\\q\\n\' >&"$in_A"; printf \'\\\\q\\n\' >&"$in_B"',
    ...(asker === null ? [`found=$(psql_quietly -c "$schema" -c ${shellWord(question)})`] : []),
    `if [ "\${REMEDY:-}" = 1 ]; then expected=${shellWord(remedy.outcome)}; else expected=${shellWord(race.outcome)}; fi`,
    `if [ "$found" = "$expected" ]; then`,
    `  if [ "\${REMEDY:-}" = 1 ]; then echo "With the remedy: \${found//[^ -~]/?}."; else echo "It happened: \${found//[^ -~]/?}."; fi`,
    'else',
    `  echo "Something else happened: \${found//[^ -~]/?}, not \${expected//[^ -~]/?}." >&2`,
    '  exit 1',
    'fi',
  ].join('\n')}\n`;
}

function play({ steps, refused }: Play): string[] {
  return steps.map((step) => `  run ${step.side} ${shellWord(step.sql)}${remarkOf(step, refused)}`);
}

function remarkOf({ side, sql, remark }: ScenarioStep, refused: string | null): string {
  const isRefused = sql === 'COMMIT' && side === refused;
  const text = isRefused ? 'refused: could not serialize access' : remark;
  return text === '' ? '' : `  # ${text}`;
}
