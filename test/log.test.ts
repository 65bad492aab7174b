import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLog, logOf } from '../src/log.ts';

const canary = 'canary-7c1f0a9e5b3d';

function setUp(settings: { level?: 'debug' | 'info' | 'error'; include_modules?: boolean } = {}) {
  const lines: string[] = [];
  const logging = { level: 'info' as const, include_modules: false, ...settings };
  const log = createLog(logging, { write: (line) => void lines.push(line) });
  return { log, lines, first: () => JSON.parse(lines[0] ?? '{}') };
}

test('a line is JSON with level and time in words, and nothing of the machine', () => {
  const { log, first } = setUp();
  log.info({ status: 200 }, 'done');
  const { time, ...others } = first();
  assert.deepEqual(others, { level: 'info', status: 200, msg: 'done' });
  assert.equal(new Date(time).toISOString(), time);
});

test('the level is a bound from below', () => {
  const { log, lines } = setUp({ level: 'error' });
  log.warn('unheard');
  log.error('heard');
  assert.equal(lines.length, 1);
});

test('the part of the server is named only if asked for', () => {
  const [without, included] = [setUp(), setUp({ include_modules: true })];
  for (const { log } of [without, included]) logOf(log, 'storage').child({ id: 1 }).info('x');
  assert.deepEqual([without.first().module, without.first().id], [undefined, 1]);
  assert.deepEqual([included.first().module, included.first().id], ['storage', 1]);
});

test('members that hold secrets or values are masked, three levels deep', () => {
  const { log, lines } = setUp();
  for (const member of ['authorization', 'headers', 'password', 'api_keys', 'payload', 'body']) {
    log.info({ [member]: canary });
    log.info({ request: { [member]: { inner: canary } } });
    log.info({ a: { b: { [member]: [canary] } } });
  }
  assert.equal(lines.length, 18);
  assert.ok(!lines.join('').includes(canary));
});

test('of an error only name, message, code, stack and causes are logged', () => {
  const { log, first, lines } = setUp();
  const cause = Object.assign(new Error('refused'), { code: 'ECONNREFUSED', detail: canary });
  const error = Object.assign(new Error('away', { cause }), { parameters: [canary], code: 7 });
  log.error({ err: error }, 'failed');
  const { err } = first();
  assert.deepEqual(Object.keys(err).sort(), ['cause', 'code', 'message', 'stack', 'type']);
  assert.equal(err.message, 'away');
  assert.match(err.stack, /^ +at .*log\.test/);
  assert.deepEqual([err.cause.message, err.cause.code], ['refused', 'ECONNREFUSED']);
  assert.ok(!lines.join('').includes(canary));
});

test('messages that quote their input are left out', () => {
  const { log, lines } = setUp();
  let syntaxError: unknown;
  try {
    JSON.parse(`{"key": ${canary}}`);
  } catch (error) {
    syntaxError = error;
  }
  log.error({ err: syntaxError });
  const refused = Object.assign(new Error(`invalid input: "${canary}"`), { severity: 'ERROR' });
  log.error({ err: new Error('outer', { cause: refused }) });
  log.error({ err: canary });
  log.error(refused);
  assert.equal(lines.length, 4);
  assert.ok(!lines.join('').includes(canary));
});

test('a ring of causes is cut', () => {
  const { log, lines } = setUp();
  const [first, second] = [new Error('first'), new Error('second')];
  Object.assign(first, { cause: second });
  Object.assign(second, { cause: first });
  log.error({ err: first });
  assert.ok((lines[0]?.length ?? 0) < 20_000);
});
