import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ErrorCode, RacewayError } from '../../src/domain/errors.ts';
import { noRules } from '../../src/domain/findings/finding-rules.ts';
import { Standstill } from '../../src/storage/standstill.ts';
import { TriageKeeper } from '../../src/storage/triage-keeper.ts';

type Note = [level: string, details: object, message: string];

/** What is logged, with a clock that the test turns. */
function notes(t: { mock: { method: typeof import('node:test').mock.method } }) {
  let nowMs = 1000;
  t.mock.method(performance, 'now', () => nowMs);
  const told: Note[] = [];
  const at = (level: string) => (details: object, message: string) =>
    void told.push([level, details, message]);
  const log = { info: at('info'), warn: at('warn'), error: at('error') };
  return { told, log, pass: (ms: number) => (nowMs += ms) };
}

const away = (code: ErrorCode = 'unavailable') => new RacewayError(code, 'the database is away');

test('work that waits is told at its beginning, each minute with the tries between, and at its end', (t) => {
  const { told, log, pass } = notes(t);
  const standstill = new Standstill(log, 'analysis');
  standstill.succeeded();
  for (const ms of [1000, 2000, 4000, 8000, 16_000, 32_000, 32_000]) {
    standstill.failed(away('outcome_unknown'));
    pass(ms);
  }
  standstill.succeeded();
  standstill.succeeded();
  const reason = 'the database is away';
  assert.deepEqual(told, [
    ['warn', { reason, tries: 1 }, 'analysis waits for the storage'],
    ['warn', { reason, tries: 6 }, 'analysis waits for the storage still'],
    ['info', { seconds: 95 }, 'analysis goes on'],
  ]);
});

test('a bug is told whole, each time', (t) => {
  const { told, log } = notes(t);
  const standstill = new Standstill(log, 'analysis');
  const bugs = [new TypeError('a'), away('internal')];
  for (const bug of bugs) standstill.failed(bug);
  assert.deepEqual(
    told,
    bugs.map((err) => ['error', { err }, 'analysis failed and will be tried again']),
  );
});

test('what was decided about races waits for the storage without an error in the log', async (t) => {
  const { told, log } = notes(t);
  let isAway = true;
  const store = {
    async settle() {
      if (isAway) throw away();
    },
  } as unknown as ConstructorParameters<typeof TriageKeeper>[0];
  const keeper = new TriageKeeper(store, noRules, log);
  for (let round = 0; round < 10; round += 1) await keeper.run();
  isAway = false;
  await keeper.run();
  assert.deepEqual(
    told.map(([level, , message]) => [level, message]),
    [
      ['warn', 'what was decided about races waits for the storage'],
      ['info', 'what was decided about races goes on'],
    ],
  );
});
