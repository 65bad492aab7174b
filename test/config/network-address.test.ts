import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLoopback } from '../../src/config/values/network-address.ts';

test('loopback is told from addresses that others reach', () => {
  const loopback = ['127.0.0.1', '127.9.9.9', 'localhost', '::1', '0:0:0:0:0:0:0:1'];
  const reachable = [
    '0.0.0.0',
    '::',
    '10.0.0.1',
    '::2',
    'fe80::1',
    '2001:db8::1',
    'localhost.evil',
  ];
  assert.deepEqual(loopback.filter(isLoopback), loopback);
  assert.deepEqual(reachable.filter(isLoopback), []);
});
