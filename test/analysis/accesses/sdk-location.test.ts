import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSdkLocation } from '../../../src/analysis/accesses/sdk-location.ts';

test('a place inside an SDK is told from a project that is called like one', () => {
  for (const location of [
    '/home/app/.cargo/registry/src/index.crates.io-6f17d22bba15001f/raceway-0.1.0/src/client.rs:123',
    '/root/.cargo/registry/src/x/raceway-sdk-1.2.0-rc.1/src/client.rs:9',
    '/app/node_modules/raceway/dist/client.js:10',
    '/app/node_modules/@raceway/sdk/node_modules/raceway/dist/client.js:10',
    '/app/src/auto-track.js:44',
    '/usr/lib/python3/site-packages/raceway/client.py:7',
    '/go/pkg/mod/github.com/x/raceway-go@v1.2.3/client.go:5',
  ]) {
    assert.ok(isSdkLocation(location), location);
  }
  for (const location of [
    '/tmp/raceway-example-3abcde/src/pay.js:12',
    '/home/ann/raceway-2/src/client.rs:12',
    '/home/ann/raceway-demo-2026/src/main.rs:12',
    '/srv/raceway-1.2/src/pay.js:12',
    '/srv/raceway/pay.py:12',
    '/srv/auto-tracker.js:12',
    'pay.js:12',
  ]) {
    assert.ok(!isSdkLocation(location), location);
  }
});
