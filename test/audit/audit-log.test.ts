import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type AuditedRequest, AuditLog, type AuditSink } from '../../src/audit/audit-log.ts';
import { newChain } from '../../src/audit/chain.ts';
import { openAuditFile } from '../../src/audit/file-sink.ts';
import { openAudit } from '../../src/audit/open.ts';
import { StreamSink } from '../../src/audit/stream-sink.ts';
import { verifyAudit } from '../../src/audit/verify.ts';
import { createLog } from '../../src/log.ts';

const silentLog = { info: () => {}, warn: () => {}, error: () => {} };

const access: AuditedRequest = {
  request_id: 'r',
  key: 'checkout',
  key_id: '01234567',
  scope: 'read',
  method: 'GET',
  route: '/api/traces',
  trace_id: null,
  client: '203.0.113.9',
  status: 200,
  outcome: 'allowed',
  delivered: true,
  counts: null,
};

function setUp(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'raceway-audit-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'audit.log');
  const output: string[] = [];
  const destination = { write: (line: string) => void output.push(line) };
  const log = createLog({ level: 'info', include_modules: false }, destination);
  const open = (settings: { file?: string } = { file }) => {
    const opened = openAudit(
      { enabled: true, on_failure: 'continue', ...settings },
      log,
      destination,
    );
    assert.ok(opened);
    return opened;
  };
  const linesOf = (path: string) =>
    readFileSync(path, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  const messages = () => output.map((line) => JSON.parse(line).msg);
  return { folder, file, output, open, linesOf, messages };
}

test('the chain of a file goes on after a restart', async (t) => {
  const { file, open, linesOf } = setUp(t);
  for (let count = 0; count < 3; count += 1) {
    const log = open();
    log.record(access);
    log.close();
  }
  const { chains, fault } = await verifyAudit([file]);
  assert.deepEqual([fault, chains.length, chains[0]?.last.seq], [null, 1, 9]);
  const events = linesOf(file).map(({ event }) => event);
  assert.deepEqual(events.slice(0, 4), ['opened', 'access', 'closed', 'opened']);
});

test('logrotate: the chain goes on in the new file, also when the server restarts right then', async (t) => {
  const { file, open } = setUp(t);
  const log = open();
  log.record(access);
  renameSync(file, `${file}.2`);
  log.reopen();
  log.record(access);
  log.close();
  renameSync(file, `${file}.1`);
  const restarted = open();
  restarted.record(access);
  restarted.close();
  const { chains, fault, lineCount } = await verifyAudit([`${file}.2`, `${file}.1`, file]);
  assert.deepEqual([fault, chains.length, lineCount], [null, 1, 8]);
});

test('a line that a killed process left unfinished is cut off, and said so', async (t) => {
  const { file, open, linesOf, messages } = setUp(t);
  const log = open();
  log.record(access);
  log.close();
  const { length } = readFileSync(file);
  truncateSync(file, length - 20);
  open().close();
  assert.match(messages().join(), /ended within a line; \d+ bytes of it were cut off/);
  assert.equal((await verifyAudit([file])).fault, null);
  assert.deepEqual(
    linesOf(file).map(({ event }) => event),
    ['opened', 'access', 'opened', 'closed'],
  );
});

test('a file that cannot be written, or is something else, stops the start with a sentence', (t) => {
  const { folder, file, open } = setUp(t);
  const fails = (path: string, sentence: RegExp) =>
    assert.throws(() => open({ file: path }), { name: 'RacewayError', message: sentence });
  fails(folder, /^audit\.file \S+ cannot be written \(EISDIR\)$/);
  fails(join(folder, 'none', 'audit.log'), /cannot be written \(ENOENT\)$/);
  for (const text of ['[server]\nport = 1\n', 'no line end', `${'x'.repeat(70_000)}`]) {
    writeFileSync(file, text);
    fails(file, /move it away, or name another file$/);
    assert.equal(readFileSync(file, 'utf8'), text);
  }
  rmSync(file);
  open().close();
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace('"closed"', '"Closed"'));
  fails(file, /has a last line that was changed: its hash does not fit its text/);
});

test('hostile text is only ever a JSON string', async (t) => {
  const { file, open, linesOf } = setUp(t);
  const hostile = `"}\n{"stream":"audit","hash":"${'0'.repeat(64)}"}\u2028\u0000\ud800<script>`;
  const log = open();
  log.record({ ...access, trace_id: hostile });
  log.close();
  assert.equal(linesOf(file)[1].trace_id, hostile);
  assert.equal((await verifyAudit([file])).fault, null);
});

test('without a file the lines are on standard output, apart by their first member', async (t) => {
  const { folder, output, open } = setUp(t);
  const log = open({});
  log.record(access);
  log.flush();
  const [chained = ''] = output.filter((line) => line.includes('"access"'));
  assert.match(chained, /^\{"stream":"audit","chain":"[0-9a-f]{8}","seq":2,"time":"/);
  log.reopen();
  log.close();
  const file = join(folder, 'collected');
  writeFileSync(file, output.join(''));
  const { fault, lineCount } = await verifyAudit([file]);
  assert.deepEqual([fault, lineCount], [null, 4]);
  appendFileSync(file, '{"stream":"audit"}\n');
  assert.equal((await verifyAudit([file])).fault?.line, output.length + 1);
});

test('while the file takes nothing lines are kept; beyond the bound they are lost, counted and told', (t) => {
  const errors: unknown[] = [];
  const written: string[] = [];
  const sink = { fault: null as string | null, backlogBytes: 0 };
  const full: AuditSink = {
    ...sink,
    get fault() {
      return sink.fault;
    },
    get backlogBytes() {
      return sink.backlogBytes;
    },
    write: (lines) => void written.push(...lines),
    reopen: () => {},
    close: () => {},
  };
  const log = new AuditLog(full, newChain(), {
    info: () => {},
    warn: () => {},
    error: (e: unknown) => errors.push(e),
  });
  t.after(() => log.close());
  Object.assign(sink, { fault: 'audit.file x cannot be written (ENOSPC)', backlogBytes: 1e7 });
  for (let count = 0; count < 3; count += 1) {
    log.record(access);
    log.flush();
  }
  assert.equal(log.state.lostLines, 3);
  assert.match(String(errors), /^audit\.file x cannot be written \(ENOSPC\); audit lines are kept/);
  assert.equal(errors.length, 1);
  Object.assign(sink, { fault: null, backlogBytes: 0 });
  log.record(access);
  log.flush();
  const [lost, next] = written.slice(-2).map((line) => JSON.parse(line));
  assert.deepEqual([lost.event, lost.counts, next.event], ['lost', { lines: 3 }, 'access']);
});

test('lines wait for a second, or until they fill the buffer', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const { file, open, linesOf } = setUp(t);
  const log = open();
  t.after(() => log.close());
  log.record(access);
  assert.equal(linesOf(file).length, 1);
  t.mock.timers.tick(1000);
  assert.equal(linesOf(file).length, 2);
  for (let count = 0; count < 1000; count += 1) log.record(access);
  assert.ok(linesOf(file).length > 500);
});

test('zeros that a power loss left at the end are cut off, and the chain goes on', async (t) => {
  const { file, open, messages } = setUp(t);
  for (const zeros of [1, 4096, 200_000]) {
    for (const torn of ['', '{"stream":"aud']) {
      const log = open();
      log.record(access);
      log.close();
      appendFileSync(file, torn + '\0'.repeat(zeros));
    }
  }
  open().close();
  const { fault, chains } = await verifyAudit([file]);
  assert.deepEqual([fault, chains.length], [null, 1]);
  const told = messages().filter((text) => /were cut off/.test(text));
  assert.equal(told.length, 6);
});

test('while lines cannot be written, refuse says why no request may be served', (t) => {
  const { folder, open, messages } = setUp(t);
  const disk = join(folder, 'disk');
  symlinkSync('/dev/full', disk);
  const log = new AuditLog(openAuditFile(disk).sink, newChain(), silentLog, 'refuse');
  assert.match(log.refusal ?? '', /cannot be written \(ENOSPC\).*audit\.on_failure/);
  const lenient = open({ file: disk });
  assert.equal(lenient.refusal, null);
  assert.ok(messages().some((text) => /kept until it can/.test(text)));
  for (const opened of [log, lenient]) opened.close();
});

test('an audit pipe that nobody reads stops nothing: lines are kept, then counted', (t) => {
  const { folder, open } = setUp(t);
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const log = open({ file: pipe });
  for (let count = 0; count < 40_000; count += 1) log.record(access);
  assert.ok(log.state.backlogBytes > 0);
  assert.ok(log.state.lostLines > 0);
  log.close();
});

test('standard output that takes no lines keeps them for later', () => {
  const written: string[] = [];
  let isStalled = false;
  const output = { write: (line: string) => !isStalled && written.push(line) > 0 };
  const log = new AuditLog(new StreamSink(output), newChain(), silentLog, 'refuse');
  isStalled = true;
  log.record(access);
  log.flush();
  assert.match(log.refusal ?? '', /standard output takes no audit lines/);
  isStalled = false;
  log.flush();
  assert.equal(log.refusal, null);
  assert.deepEqual(
    written.map((line) => JSON.parse(line).event),
    ['opened', 'access'],
  );
  log.close();
});
