import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KEY, testApp } from '../support/app.ts';

const hourMs = 3_600_000;

for (const stepMs of [-hourMs, hourMs]) {
  test(`limits last a minute of real time when the clock is set by ${stepMs / hourMs} h`, async (t) => {
    let [wallMs, monotonicMs] = [Date.now(), 10_000];
    t.mock.method(Date, 'now', () => wallMs);
    t.mock.method(performance, 'now', () => monotonicMs);
    const server = { auth_enabled: true, api_keys: [KEY], rate_limit_enabled: true };
    const { app } = await testApp(t, { server: { ...server, rate_limit_rpm: 5 } });
    const statusOf = async (key: string) => {
      const reply = await app.inject({ url: '/status', headers: { 'x-raceway-key': key } });
      return [reply.statusCode, Number(reply.headers['retry-after'] ?? 0)];
    };
    const use = async (times: number, key: string) => {
      for (let count = 0; count < times; count += 1) await statusOf(key);
    };
    await use(5, KEY);
    await use(60, 'wrong');
    wallMs += stepMs;
    monotonicMs += 20_000;
    assert.deepEqual(await statusOf(KEY), [429, 40]);
    assert.deepEqual(await statusOf('wrong'), [429, 40]);
    monotonicMs += 40_000;
    assert.deepEqual(await statusOf(KEY), [200, 0]);
    assert.deepEqual(await statusOf('wrong'), [401, 0]);
    const { uptime_seconds: uptime } = (
      await app.inject({ url: '/status', headers: { 'x-raceway-key': KEY } })
    ).json().data;
    assert.equal(uptime, 60);
  });
}
