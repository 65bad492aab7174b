import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { createLog, LogLines } from '../src/log.ts';
import { FileOutput, StreamOutput } from '../src/log-output.ts';

const logging = { level: 'info', include_modules: false } as const;

/** A reader that takes nothing until it is told to. */
function stalledReader() {
  const read: string[] = [];
  let goOn: (() => void) | null = null;
  let stalls = true;
  const stream = new Writable({
    write(chunk, _encoding, done) {
      read.push(String(chunk));
      if (stalls) goOn = () => done();
      else done();
    },
  });
  return {
    stream,
    read,
    resume() {
      stalls = false;
      goOn?.();
    },
  };
}

test('a reader that stands still costs a bounded part of the memory, and is told what it missed', async () => {
  const { stream, read, resume } = stalledReader();
  const lines = new LogLines(new StreamOutput(stream));
  const log = createLog(logging, lines);
  for (let index = 0; index < 50_000; index += 1) log.info({ index }, 'x'.repeat(100));
  assert.ok(lines.droppedLines > 0);
  assert.ok(stream.writableLength < 2 * 1024 * 1024);
  resume();
  while (stream.writableLength > 0) await new Promise(setImmediate);
  log.info('last');
  const written = read.map((line) => JSON.parse(line));
  assert.equal(written.at(-1).msg, 'last');
  assert.equal(written.at(-2).lines, lines.droppedLines);
  assert.match(written.at(-2).msg, /log lines were lost/);
  assert.equal(written.length - 2 + lines.droppedLines, 50_000);
});

test('the end of the process waits for a reader only for a moment', async () => {
  const { stream } = stalledReader();
  const output = new StreamOutput(stream);
  output.write('a line');
  const startedMs = performance.now();
  await output.finish();
  assert.ok(performance.now() - startedMs < 5000);
});

test('a reader that has gone ends nothing', async () => {
  const { stream } = stalledReader();
  const lines = new LogLines(new StreamOutput(stream));
  stream.destroy(Object.assign(new Error('gone'), { code: 'EIO' }));
  await new Promise(setImmediate);
  const log = createLog(logging, lines);
  for (let index = 0; index < 10; index += 1) log.error('nobody reads this');
  assert.equal(lines.droppedLines, 10);
});

test('a full disk loses lines, counts them, and ends nothing', () => {
  const file = openSync('/dev/full', 'w');
  const lines = new LogLines(new FileOutput(file));
  const log = createLog(logging, lines);
  for (let index = 0; index < 10; index += 1) log.warn('the disk is full');
  assert.equal(lines.droppedLines, 10);
  closeSync(file);
});

test('a file takes whole lines, in order', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'raceway-log-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'log');
  const file = openSync(path, 'a');
  const output = new FileOutput(file);
  for (let index = 0; index < 100; index += 1) assert.ok(output.write(`line ${index}\n`));
  closeSync(file);
  const expected = Array.from({ length: 100 }, (_, index) => `line ${index}\n`).join('');
  assert.equal(readFileSync(path, 'utf8'), expected);
});

test('the outputs of many servers listen to one stream once', () => {
  const { stream } = stalledReader();
  for (let server = 0; server < 20; server += 1)
    assert.ok(new StreamOutput(stream).write('a line'));
  assert.equal(stream.listenerCount('error'), 1);
});
