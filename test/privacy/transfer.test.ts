import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import type { Server } from '../../src/cli/server-client.ts';
import { downloadExport } from '../../src/cli/transfer/export-stream.ts';
import { uploadExport } from '../../src/cli/transfer/import-stream.ts';
import { linesOf } from '../../src/cli/transfer/transfer.ts';
import { everyTrace } from '../../src/domain/trace/trace-query.ts';
import { openMemoryStorage } from '../../src/storage/memory/open.ts';
import { openPostgresStorage } from '../../src/storage/postgres/open.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { analyseAll, derivedSnapshot, everyIssue, untilSettled } from '../support/analyser.ts';
import { testApp } from '../support/app.ts';
import { TestTerminal } from '../support/cli.ts';
import { keyless, records, wireEvent } from '../support/events.ts';
import { poolOptions, testDatabase } from '../support/postgres.ts';
import { recordedTraces } from '../support/recordings.ts';

const receivedNs = 2_000_000_000_000_000_000n;

async function listening(t: TestContext, storage: Storage) {
  const { app, analyser } = await testApp(t, { storage });
  return { url: await app.listen({ host: '127.0.0.1', port: 0 }), analyser };
}

/** A server that answers what a test says. */
async function playing(t: TestContext, answer: RequestListener): Promise<Server> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  return { url: new URL(`http://127.0.0.1:${port}`), key: null, ca: undefined };
}

/** All that a storage holds, analysed. */
async function wholeState(storage: Storage) {
  const { traces } = await storage.listTraces({ ...everyTrace, limit: 1000 });
  const events = [];
  for (const { traceId } of traces) events.push(...(await storage.events(traceId, null, 10_000)));
  return { traces, events, derived: await derivedSnapshot(storage, storage) };
}

test('everything moves from memory to Postgres and back through files, without loss', async (t) => {
  const { connection } = await testDatabase(t);
  const open = () => openMemoryStorage({ maxBytes: 64 * 2 ** 20, anomalyDetection: false });
  const [source, last] = [open(), open()];
  const middle = await openPostgresStorage({
    ...poolOptions(connection),
    autoMigrate: true,
    anomalyDetection: false,
  });
  const recorded = ['ts-race', 'python-race', 'chain'].flatMap((name) =>
    recordedTraces(name).flat(),
  );
  const large = Array.from({ length: 2500 }, (_, at) => wireEvent({ trace: 'large', at }));
  await source.append(keyless(records([...recorded, ...large])), receivedNs);
  await analyseAll(source);
  const expected = await wholeState(source);
  const terminal = new TestTerminal(t);
  for (const [from, to] of [
    [source, middle],
    [middle, last],
  ] as const) {
    const { url: sender } = await listening(t, from);
    const { url: receiver, analyser } = await listening(t, to);
    assert.equal(await terminal.run(['export', '--server', sender, '--out', 'all.ndjson']), 0);
    assert.equal(await terminal.run(['import', 'all.ndjson', '--server', receiver]), 0);
    const count = expected.events.length;
    assert.equal(terminal.out.at(-1), `accepted ${count}, duplicates 0, rejected 0`);
    assert.equal(await terminal.run(['import', 'all.ndjson', '--server', receiver]), 0);
    assert.equal(terminal.out.at(-1), `accepted 0, duplicates ${count}, rejected 0`);
    // A large trace that grew rests before it is looked at again.
    await untilSettled(analyser);
    const actual = await wholeState(to);
    assert.deepEqual(actual.traces, expected.traces);
    assert.deepEqual(actual.events, expected.events);
    assert.deepEqual(actual.derived, expected.derived);
  }
});

test('an export goes on at any of its cursors, and takes filters', async (t) => {
  const storage = openMemoryStorage({ maxBytes: 64 * 2 ** 20 });
  const events = ['a', 'b', 'c'].flatMap((trace) =>
    Array.from({ length: 1200 }, (_, at) => wireEvent({ trace, at, service: trace })),
  );
  await storage.append(keyless(records(events)), receivedNs);
  const { app } = await testApp(t, { storage });
  const lines = (text: string) => text.trimEnd().split('\n');
  const whole = lines((await app.inject('/api/export')).payload);
  assert.equal(whole.at(-1), '{"complete":true,"count":3600}');
  const isEvent = (line: string) => line.startsWith('{"id"');
  assert.equal(new Set(whole.filter(isEvent)).size, 3600);
  const places = [...whole.entries()].filter(([, line]) => line.startsWith('{"cursor"'));
  assert.ok(places.length >= 3);
  for (const [place, line] of places) {
    const { cursor } = JSON.parse(line);
    const rest = lines((await app.inject(`/api/export?cursor=${cursor}`)).payload);
    const expected = whole.slice(place).filter(isEvent);
    assert.deepEqual(rest.filter(isEvent), expected);
    assert.equal(rest.at(-1), `{"complete":true,"count":${expected.length}}`);
  }
  const some = lines((await app.inject('/api/export?trace_id=a&trace_id=c&service=c')).payload);
  assert.equal(some.at(-1), '{"complete":true,"count":1200}');
  const none = await app.inject('/api/export?service=none');
  assert.equal(none.payload, '{"complete":true,"count":0}\n');
  for (const cursor of ['x', Buffer.from('["a","1"]').toString('base64url')]) {
    assert.equal((await app.inject(`/api/export?cursor=${cursor}`)).statusCode, 400);
  }
});

test('an export of everything has what was decided about races, and one of some traces has not', async (t) => {
  const [source, target] = [1, 2].map(() => openMemoryStorage({ maxBytes: 64 * 2 ** 20 }));
  assert.ok(source !== undefined && target !== undefined);
  await source.append(keyless(records(recordedTraces('ts-race').flat())), receivedNs);
  await analyseAll(source);
  const [issue] = (await source.derived.issues(everyIssue)).issues;
  const fingerprint = issue?.subject.fingerprint ?? '';
  const note = 'one\nreplica "only" \u2028';
  const releases = [{ service: 'web', release: '1.4' }];
  await source.derived.triage.change(
    fingerprint,
    { falseAlarm: note, assignee: 'ann', isPinned: true, untilMs: 4_000_000_000_000 },
    { by: 'ann', atMs: 1000 },
  );
  const before = await source.derived.triage.of(fingerprint);
  const { url: sender } = await listening(t, source);
  const { url: receiver, analyser } = await listening(t, target);
  const terminal = new TestTerminal(t);
  await terminal.run(['export', '--server', sender, '--out', 'some.ndjson', '--service', 'none']);
  assert.doesNotMatch(readFileSync(join(terminal.cwd, 'some.ndjson'), 'utf8'), /triage/);
  assert.equal(await terminal.run(['export', '--server', sender, '--out', 'all.ndjson']), 0);
  for (const told of ['taken 1, known 0', 'taken 0, known 1']) {
    assert.equal(await terminal.run(['import', 'all.ndjson', '--server', receiver]), 0);
    assert.equal(terminal.out.at(-1), `decisions about races: ${told}`);
  }
  await untilSettled(analyser);
  const after = await target.derived.triage.of(fingerprint);
  assert.deepEqual(after?.triage, { ...before?.triage, isPinned: false, pin: null });
  assert.deepEqual(after?.history.slice(0, -1), before?.history);
  const [carried] = JSON.parse(await (await fetch(`${sender}/api/triage`)).text()).data.races;
  const bring = async (change: object) => {
    const reply = await fetch(`${receiver}/api/triage`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ races: [{ ...carried, regressed_release: releases, ...change }] }),
    });
    return [reply.status, JSON.parse(await reply.text()).error];
  };
  const later = new Date(Date.now() + 3_600_000).toISOString();
  assert.deepEqual(await bring({}), [200, null]);
  assert.deepEqual(await bring({ changed_at: later }), [
    400,
    'body.races.0.changed_at: is in the future',
  ]);
  assert.match(String(await bring({ state: 'open' })), /^400,body\.races\.0\.until: only what is/);
  assert.match(String(await bring({ note: '\u001b' })), /^400,.*must be plain text/);
  assert.match(String(await bring({ fingerprint: '__proto__' })), /^400,.*16 hex digits/);
});

test('a download that breaks is taken up behind the last cursor, and never called whole', async (t) => {
  const asked: (string | null)[] = [];
  const server = await playing(t, (request, response) => {
    const cursor = new URL(request.url ?? '', 'http://h').searchParams.get('cursor');
    asked.push(cursor);
    if (asked.length === 2) {
      response.writeHead(503, { 'retry-after': '7' }).end('{"error":"away"}');
    } else if (asked.length === 4) {
      // Ends in order, but too early: as through a proxy that speaks HTTP/1.0.
      response.end('{"id":"3"}\n');
    } else if (asked.length === 5) {
      response.end('{"id":"3"}\n{"complete":true,"count":2}\n');
    } else if (cursor === null) {
      response.write('{"id":"1"}\n{"id":"2"}\n{"cursor":"two"}\n{"id":"lo', () =>
        response.destroy(),
      );
    } else {
      response.end('{"id":"3"}\n{"complete":true,"count":1}\n');
    }
    if (asked.length === 3) asked.push(null);
  });
  const waits: number[] = [];
  let text = '';
  const count = await downloadExport(
    server,
    new URLSearchParams({ service: 'web' }),
    async (part) => {
      text += part;
    },
    async (ms) => waits.push(ms),
  );
  assert.equal(count, 3);
  assert.equal(text, '{"id":"1"}\n{"id":"2"}\n{"id":"3"}\n{"complete":true,"count":3}\n');
  assert.deepEqual(asked.slice(0, 3), [null, 'two', 'two']);
  assert.ok(waits.includes(7000));
});

test('a download gives up at last, and says why', async (t) => {
  const server = await playing(t, (_request, response) => response.end('{"id":"1"}\n'));
  const write = async () => assert.fail('nothing is sure yet');
  await assert.rejects(
    downloadExport(server, new URLSearchParams(), write, async () => {}),
    /gave up after 30 attempts: the stream was cut off/,
  );
});

test('an upload waits when asked to, halves what is too large, and counts every event', async (t) => {
  const taken: string[] = [];
  let requests = 0;
  const server = await playing(t, async (request, response) => {
    requests += 1;
    let body = '';
    for await (const part of request) body += part;
    const { events } = JSON.parse(body) as { events: { id: string }[] };
    if (requests === 1) {
      response.writeHead(503, { 'retry-after': '3' }).end('busy');
    } else if (events.length > 2 || events[0]?.id === 'huge') {
      response.writeHead(413).end('<html>');
    } else {
      const good = events.filter(({ id }) => id !== 'bad').map(({ id }) => id);
      taken.push(...good);
      const rejected = events
        .filter(({ id }) => id === 'bad')
        .map(({ id }) => ({ id, errors: [{ path: 'kind', message: 'is missing' }] }));
      const data = {
        accepted: good.length,
        duplicates: 0,
        rejected,
        rejected_count: rejected.length,
      };
      const isRefused = good.length === 0;
      response.writeHead(isRefused ? 400 : 200);
      response.end(JSON.stringify(isRefused ? { data: null, details: data } : { data }));
    }
  });
  const ids = ['1', '2', 'bad', '4', 'huge', '6', '7'];
  const text = `${ids.map((id) => `{"id":"${id}"}\n`).join('')}{"cursor":"x"}\n`;
  const upload = async (more: string, waits: number[] = []) =>
    uploadExport(server, linesOf(Readable.from([text + more])), async (ms) => waits.push(ms));
  const waits: number[] = [];
  const report = await upload('{"complete":true,"count":7}', waits);
  assert.deepEqual(report, {
    accepted: 5,
    duplicates: 0,
    rejected: 2,
    triage: null,
    reasons: ['bad: kind is missing', 'an event is larger than the server takes'],
    fault: null,
  });
  assert.deepEqual(taken, ['1', '2', '4', '6', '7']);
  assert.deepEqual(waits, [3000]);
  assert.match((await upload('')).fault ?? '', /closing line/);
  assert.match((await upload('{"complete":true,"count":8}\n')).fault ?? '', /8 events, but.* 7/);
});

test('a file that was cut off is refused before anything is sent, unless part of it is wanted', async (t) => {
  const storage = openMemoryStorage({ maxBytes: 64 * 2 ** 20 });
  const { url } = await listening(t, storage);
  const terminal = new TestTerminal(t);
  const line = JSON.stringify(wireEvent({ trace: 't' }));
  writeFileSync(join(terminal.cwd, 'cut.ndjson'), `${line}\n${line.slice(0, 50)}`);
  assert.equal(await terminal.run(['import', 'cut.ndjson', '--server', url]), 1);
  assert.match(terminal.told.at(-1) ?? '', /cut.ndjson is not a whole export.*--partial/);
  assert.equal((await storage.statistics()).eventCount, 0);
  assert.equal(await terminal.run(['import', 'cut.ndjson', '--partial', '--server', url]), 0);
  assert.equal((await storage.statistics()).eventCount, 1);
  assert.equal(await terminal.run(['import', 'none.ndjson', '--server', url]), 1);
  assert.match(terminal.told.at(-1) ?? '', /none.ndjson cannot be read \(ENOENT\)/);
  assert.equal(await terminal.run(['export', '--server', 'nonsense']), 1);
  assert.match(terminal.told.at(-1) ?? '', /--server https:/);
});

test('what export writes to standard output, import takes from standard input', async (t) => {
  const open = () => openMemoryStorage({ maxBytes: 64 * 2 ** 20 });
  const [source, target] = [open(), open()];
  const events = Array.from({ length: 2100 }, (_, at) => wireEvent({ trace: 't', at }));
  await source.append(keyless(records(events)), receivedNs);
  const [from, to] = [await listening(t, source), await listening(t, target)];
  const terminal = new TestTerminal(t);
  assert.equal(await terminal.run(['export', '--server', from.url]), 0);
  const whole = `${terminal.out.join('\n')}\n`;

  terminal.input = whole.slice(0, whole.indexOf('{"complete"') - 50);
  assert.equal(await terminal.run(['import', '-', '--server', to.url]), 1);
  assert.match(
    terminal.told.at(-1) ?? '',
    /^.*standard input is not a whole export: the closing line .* is missing; its events are stored$/,
  );
  assert.equal(await terminal.run(['import', '-', '--partial', '--server', to.url]), 0);
  assert.equal(terminal.out.at(-1), 'accepted 0, duplicates 2099, rejected 0');
  terminal.input = whole;
  // As with the commands that ask, the variable names the server where no option does.
  assert.equal(await terminal.run(['import', '-'], { RACEWAY_URL: to.url }), 0);
  assert.equal(terminal.out.at(-1), 'accepted 1, duplicates 2099, rejected 0');
  assert.deepEqual(await target.events('t', null, 5000), await source.events('t', null, 5000));
});

test('what export writes to standard output is the same as to a file', async (t) => {
  const storage = openMemoryStorage({ maxBytes: 64 * 2 ** 20 });
  await storage.append(
    keyless(records([wireEvent({ trace: 't', tags: { user: 4 } })])),
    receivedNs,
  );
  const { url } = await listening(t, storage);
  const terminal = new TestTerminal(t);
  const options = ['--server', url, '--tag', 'user:4'];
  assert.equal(await terminal.run(['export', ...options]), 0);
  assert.equal(await terminal.run(['export', ...options, '--out', 'f']), 0);
  const file = readFileSync(join(terminal.cwd, 'f'), 'utf8');
  assert.equal(`${terminal.out.join('\n')}\n`, file);
  assert.match(file, /\{"complete":true,"count":1\}\n$/);
});
