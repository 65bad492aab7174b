import { type Play, type Scenario, scenarioSchema } from './scenario.ts';
import { commentText, javascriptText } from './script-text.ts';

/** A file for `node --test` with the package `pg`: that the race happens, and with its remedy does not. */
export function nodeTest(scenario: Scenario): string {
  const { title, setup, remedySetup, question, asker, race, remedy, isMadeUp } = scenario;
  return `${[
    `// ${commentText(title)}`,
    '// npm install pg, then: DATABASE_URL=postgresql://localhost/test node --test FILE',
    ...(isMadeUp ? ['// Values that the trace does not show are made up.'] : []),
    `import assert from 'node:assert/strict';`,
    `import { env } from 'node:process';`,
    `import { test } from 'node:test';`,
    `import pg from 'pg';`,
    '',
    `const schema = '${scenarioSchema}';`,
    `const setup = ${listOf(setup)};`,
    `const question = ${javascriptText(question)};`,
    '',
    `test(${javascriptText(`${commentText(title)}: it happens`)}, async (t) => {`,
    '  const { A, B } = await sessions(t, setup);',
    ...play(race),
    `  assert.equal(await asked(${asker ?? 'A'}), ${javascriptText(race.outcome)});`,
    '});',
    '',
    `test(${javascriptText(`with the remedy it does not: ${remedy.title}`)}, async (t) => {`,
    `  const { A, B } = await sessions(t, ${remedySetup.length === 0 ? 'setup' : `[...setup, ...${listOf(remedySetup)}]`});`,
    ...play(remedy),
    `  assert.equal(await asked(${asker ?? 'A'}), ${javascriptText(remedy.outcome)});`,
    '});',
    '',
    '/** Two sessions in a schema of their own, which goes when the test ends. */',
    'async function sessions(t, statements) {',
    '  const [A, B] = [1, 2].map(() => new pg.Client({ connectionString: env.DATABASE_URL }));',
    '  await Promise.all([A.connect(), B.connect()]);',
    '  t.after(async () => {',
    `    await B.end();`,
    `    await A.query('ROLLBACK');`,
    `    await A.query(\`DROP SCHEMA IF EXISTS \${schema} CASCADE\`);`,
    '    await A.end();',
    '  });',
    `  await A.query(\`DROP SCHEMA IF EXISTS \${schema} CASCADE\`);`,
    `  await A.query(\`CREATE SCHEMA \${schema}\`);`,
    `  for (const session of [A, B]) await session.query(\`SET search_path TO \${schema}\`);`,
    '  for (const statement of statements) await A.query(statement);',
    '  return { A, B };',
    '}',
    '',
    'async function asked(session) {',
    '  const { rows } = await session.query(question);',
    '  return rows[0].outcome;',
    '}',
  ].join('\n')}\n`;
}

function listOf(statements: readonly string[]): string {
  return `[\n${statements.map((sql) => `  ${javascriptText(sql)},\n`).join('')}]`;
}

function play({ steps, refused }: Play): string[] {
  const calls = steps.map(({ side, sql, remark }) => ({
    side,
    text: `await ${side}.query(${javascriptText(sql)});${remark === '' ? '' : ` // ${remark}`}`,
  }));
  if (refused === null) return calls.map(({ text }) => `  ${text}`);
  // The database refuses one of the statements behind the commit of the other session; which, it chooses.
  const commit = steps.findIndex(({ side, sql }) => side !== refused && sql === 'COMMIT');
  return [
    ...calls.slice(0, commit + 1).map(({ text }) => `  ${text}`),
    '  await assert.rejects(async () => {',
    ...calls.slice(commit + 1).map(({ text }) => `    ${text}`),
    "  }, { code: '40001' });",
  ];
}
