import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import {
  addressBlock,
  createClientAddresses,
  parseAddress,
} from '../../src/http/front/client-address.ts';
import { testApp } from '../support/app.ts';

function request(peer: string | undefined, forwarded?: string): IncomingMessage {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
  return { socket: { remoteAddress: peer }, headers } as unknown as IncomingMessage;
}

test('X-Forwarded-For is read from the right, as far as proxies are trusted', () => {
  const addresses = createClientAddresses(['127.0.0.0/8', '::1', '10.1.0.0/16', '2001:db8::/32']);
  const cases: [peer: string | undefined, forwarded: string | undefined, client: string][] = [
    ['198.51.100.7', undefined, '198.51.100.7'],
    ['198.51.100.7', '203.0.113.9', '198.51.100.7'],
    ['127.0.0.1', '203.0.113.9', '203.0.113.9'],
    ['127.0.0.1', '6.6.6.6, 203.0.113.9', '203.0.113.9'],
    ['127.0.0.1', '203.0.113.9, 10.1.2.3', '203.0.113.9'],
    ['127.0.0.1', '203.0.113.9, 10.2.2.3', '10.2.2.3'],
    ['::ffff:127.0.0.1', '203.0.113.9', '203.0.113.9'],
    ['::1', '[2001:db8::7]:1234', '2001:db8::7'],
    ['127.0.0.1', '203.0.113.9:5678', '203.0.113.9'],
    ['127.0.0.1', 'junk<script>', '127.0.0.1'],
    ['127.0.0.1', '203.0.113.9, unknown', '127.0.0.1'],
    ['127.0.0.1', '', '127.0.0.1'],
    ['127.0.0.1', ',,,', '127.0.0.1'],
    [undefined, '203.0.113.9', 'unknown'],
    ['127.0.0.1', '::ffff:cb00:7109', '203.0.113.9'],
    ['127.0.0.1', '203.0.113.9, ::ffff:a01:203', '203.0.113.9'],
    ['127.0.0.1', '203.0.113.9, [2001:0DB8::0001]:80', '203.0.113.9'],
  ];
  for (const [peer, forwarded, client] of cases) {
    assert.equal(addresses.of(request(peer, forwarded)), client, `${peer} / ${forwarded}`);
  }
});

test('T12: an address is bare, whatever stands around it', () => {
  assert.equal(parseAddress(' 1.2.3.4:80 '), '1.2.3.4');
  assert.equal(parseAddress('[::FFFF:1.2.3.4]:80'), '1.2.3.4');
  assert.equal(parseAddress('FE80::1%eth0'), 'fe80::1');
  assert.equal(parseAddress('::ffff:cb00:7109'), '203.0.113.9');
  assert.equal(parseAddress('0:0:0:0:0:FFFF:102:304'), '1.2.3.4');
  assert.equal(parseAddress('ffff::1.2.3.4'), 'ffff::102:304');
  for (const spelling of [
    '2001:DB8::5:0:1',
    '2001:0db8:0:0::5:0:1',
    '[2001:db8:0:0:0:5:0:1]:443',
  ]) {
    assert.equal(parseAddress(spelling), '2001:db8::5:0:1', spelling);
  }
  for (const junk of [
    '',
    'junk',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.4:80:90',
    '::1]',
    '[::1',
    'a'.repeat(1e5),
  ]) {
    assert.equal(parseAddress(junk), null, junk.slice(0, 20));
  }
});

test('a proxy that is trusted by an address of IPv6 is trusted by that of IPv4 in it', () => {
  const addresses = createClientAddresses(['::ffff:10.0.0.0/104', '::ffff:7f00:1']);
  for (const peer of ['10.1.2.3', '::ffff:10.1.2.3', '127.0.0.1', '::ffff:7f00:1']) {
    assert.equal(addresses.of(request(peer, '203.0.113.9')), '203.0.113.9', peer);
  }
  assert.equal(addresses.of(request('11.1.2.3', '203.0.113.9')), '11.1.2.3');
});

test('one client has one budget of failures, however proxies spell its address', async (t) => {
  t.mock.method(performance, 'now', () => 1000);
  const { app } = await testApp(t);
  const spellings = [
    '203.0.113.9',
    '::ffff:203.0.113.9',
    '::ffff:cb00:7109',
    '0:0:0:0:0:FFFF:CB00:7109',
  ];
  const statusAs = async (address: string) => {
    const headers = { 'x-forwarded-for': address };
    return (await app.inject({ url: '/nothing', headers })).statusCode;
  };
  for (let failure = 0; failure < 60; failure += 1) {
    assert.equal(await statusAs(spellings[failure % spellings.length] as string), 404);
  }
  for (const spelling of spellings) assert.equal(await statusAs(spelling), 429, spelling);
  assert.equal(await statusAs('203.0.113.10'), 404);
});

test('IPv6 addresses of one client share a block', () => {
  assert.equal(addressBlock('203.0.113.9'), '203.0.113.9');
  assert.equal(addressBlock('2001:db8::1'), '2001:db8:0:0::/64');
  assert.equal(addressBlock('2001:0db8:0:0:5::1'), '2001:db8:0:0::/64');
  assert.equal(addressBlock('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2::/64');
  assert.equal(addressBlock('::1'), '0:0:0:0::/64');
});

test('T3, T11: a forwarding header is warned about once, for an open server and an unknown proxy', async (t) => {
  const logLines: string[] = [];
  const { app } = await testApp(t, { logLines, server: { trusted_proxies: [] } });
  for (let count = 0; count < 3; count += 1) {
    await app.inject({ url: '/health', headers: { 'x-forwarded-for': '203.0.113.9' } });
  }
  const warnings = logLines.filter((line) => JSON.parse(line).level === 40);
  assert.equal(warnings.length, 2);
  assert.match(warnings.join(), /asks for no key/);
  assert.match(warnings.join(), /server\.trusted_proxies/);
});
