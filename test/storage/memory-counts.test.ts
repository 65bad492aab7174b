import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const program = fileURLToPath(new URL('../support/measure-traces.ts', import.meta.url));
const TRACES = 20_000;
/** What is counted is no less than what is taken, and at most so much more, for what waits to be collected. */
const COUNTED_MAX = 1.4;

for (const [events, how] of [
  [1, 'as they were written'],
  [1, 'packed'],
  [5, 'as they were written'],
] as const) {
  test(`what is counted for traces of ${events} events, ${how}, is what they take`, async (t) => {
    const args = ['--expose-gc', '--import', 'tsx', program];
    const counts = [TRACES, events, how === 'packed' ? 1 : 0].map(String);
    const { stdout } = await promisify(execFile)(process.execPath, [...args, ...counts]);
    const { taken, counted } = JSON.parse(stdout) as { taken: number; counted: number };
    t.diagnostic(`${taken} bytes are taken, ${counted} counted`);
    assert.ok(counted >= taken, `${counted} bytes are counted, ${taken} are taken`);
    assert.ok(counted <= taken * COUNTED_MAX, `${counted} bytes are counted, ${taken} are taken`);
  });
}
