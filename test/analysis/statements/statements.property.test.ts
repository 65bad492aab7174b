import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Effect } from '../../../src/analysis/statements/effect.ts';
import { statementLimits } from '../../../src/analysis/statements/statement-limits.ts';
import { assertProperty } from '../../support/properties.ts';
import { effectsText, reader, type SpanAttributes } from './effect-text.ts';

const systems = [
  'postgresql',
  'mysql',
  'mssql',
  'sqlite',
  'oracle',
  'redis',
  'mongodb',
  'dynamodb',
];

/** Pieces of statements; put together at random they are nearly right, which is where parsers fall. */
const pieces = (
  'SELECT a FROM t WHERE id = $1 AND b IN ( 1 , 2 ) OR NOT EXISTS UPDATE SET c = c + 1 INSERT INTO ' +
  'VALUES DELETE JOIN LEFT ON USING UNION ALL WITH x AS ( ) ; , . * ? %s %(p)s :n @v $$ \' " ` [ ] ' +
  "FOR SHARE LOCK IN MODE BEGIN COMMIT CASE WHEN THEN END /* */ -- # E'\\' MERGE CONFLICT DO NULL " +
  'GET counter:a EVAL return 1 2 [3 other arguments] MULTI EXEC \n'
).split(' ');

const texts = fc.oneof(
  fc.array(fc.constantFrom(...pieces), { maxLength: 24 }).map((parts) => parts.join(' ')),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.json({ maxDepth: 4 }),
  fc
    .dictionary(
      fc.constantFrom('filter', 'updates', 'q', 'u', 'Key', 'Item', 'pipeline', '$set'),
      fc.jsonValue(),
    )
    .map((document) => JSON.stringify(document)),
);

const values = fc.oneof(
  fc.constantFrom('find', 'updateOne', 'insert', 'aggregate', 'UpdateItem', 'PutItem', 'Query'),
  fc.constantFrom('1', 'a', 'null', '[1,2]', '{1,2}', '(', "('a', [1], None)", "{'p': (1, 2)}", ''),
  fc.array(fc.constantFrom('1', 'null', 7, null, true, { a: 1 }), { maxLength: 3 }),
  fc.constantFrom<unknown>(5, true, null, undefined),
);

const names = ['db.postgresql.values', 'pgx.query.parameters', 'db.statement.parameters'];
const attributes = fc.dictionary(
  fc.constantFrom(
    ...names,
    'db.query.parameter.0',
    'db.query.parameter.1',
    'db.query.parameter.n',
    'db.operation',
  ),
  values,
  { maxKeys: 3 },
);

function effectsOf(system: string, text: string, given: SpanAttributes): readonly Effect[] {
  return reader.effectsOf({ text, system, spanName: '', attribute: (name) => given[name] });
}

/** All values that an effect shows. */
function shownIn(effects: readonly Effect[]): readonly string[] {
  const shown = JSON.stringify(effects, (key, value: unknown) =>
    key === 'value' ? [value] : value,
  );
  return [...shown.matchAll(/"value":\["((?:[^"\\]|\\.)*)"\]/g)].map(([, value = '']) => value);
}

test('no text and no attribute makes the reader fail, or name more than its limits', (t) => {
  const property = fc.property(
    fc.constantFrom(...systems),
    texts,
    attributes,
    (system, text, given) => {
      for (const effect of effectsOf(system, text, given)) {
        if (effect.kind !== 'read' && effect.kind !== 'write' && effect.kind !== 'delete') continue;
        assert.ok((effect.rows?.equals.length ?? 0) <= statementLimits.keys);
      }
    },
  );
  assertProperty(t, 3000, property);
});

test('with fewer parameters revealed no more is known', (t) => {
  const statements = [
    'SELECT a FROM t WHERE id = $1 AND b = ANY($2)',
    'UPDATE t SET a = %s WHERE id IN %s',
    'INSERT INTO t (a, b) VALUES (?, ?)',
    'DELETE FROM t WHERE id = 7 AND b = %(n)s',
  ];
  const property = fc.property(
    fc.constantFrom('postgresql', 'mysql'),
    fc.constantFrom(...statements),
    attributes,
    (system, text, given) => {
      const bare = effectsOf(system, text, {});
      const full = effectsOf(system, text, given);
      assert.deepEqual(
        full.map(({ kind }) => kind),
        bare.map(({ kind }) => kind),
      );
      const shown = shownIn(full);
      for (const value of shownIn(bare)) assert.ok(shown.includes(value), value);
    },
  );
  assertProperty(t, 500, property);
});

/** Texts that make careless parsers slow, or run out of stack, as long as they may be. */
const hostile: readonly ((length: number) => string)[] = [
  (length) => `SELECT ${'('.repeat(length)}`,
  (length) => `SELECT ${'CASE WHEN a THEN '.repeat(length / 17)}`,
  (length) => `SELECT ${'NOT '.repeat(length / 4)}a`,
  (length) => `SELECT ${'- '.repeat(length / 2)}a`,
  (length) => `SELECT ${'a+'.repeat(length / 2)}a`,
  (length) => `SELECT a FROM t WHERE ${'a=1 OR b AND '.repeat(length / 13)}c`,
  (length) => `SELECT 1${' UNION SELECT 1'.repeat(length / 15)}`,
  (length) => `SELECT a FROM t WHERE ${'x IN (1,2) AND '.repeat(length / 15)}c=1`,
  (length) => `SELECT a FROM t WHERE x IN (${'1,'.repeat(length / 2)}1)`,
  (length) => `SELECT a FROM t ${'JOIN t ON t.a=t.b '.repeat(length / 18)}`,
  (length) => `SELECT '${"''".repeat(length / 2)}`,
  (length) => '/*'.repeat(length / 2),
  (length) => `/*${'*'.repeat(length)}`,
  (length) => `${'/*a*/'.repeat(length / 5)}SELECT a FROM t`,
  (length) => '$a$'.repeat(length / 3),
  (length) => '"'.repeat(length),
  (length) => `SELECT a FROM t WHERE id = ${':a '.repeat(length / 3)}`,
  (length) => `EVAL ${'"set"'.repeat(length / 5)} 1 k`,
  (length) => `EVAL ${"redis.call('get',".repeat(length / 17)} 1 k`,
  (length) => `SET k ${'EX 1 '.repeat(length / 5)}`,
  (length) => 'GET a\n'.repeat(length / 6),
  (length) => '\n'.repeat(length),
];

test('texts at and beyond the limits are read at once', () => {
  for (const make of hostile) {
    for (const length of [1000, 4000, statementLimits.textCharacters - 40, 1_000_000]) {
      for (const system of ['postgresql', 'mysql', 'redis']) effectsText(system, make(length));
    }
  }
});

test('what is said of a long text is its head and its table', () => {
  const text = `UPDATE "Shop"."Items" SET note = '${'x'.repeat(statementLimits.textCharacters)}'`;
  assert.deepEqual(effectsText('postgresql', text), ['unknown update Shop.Items']);
});
