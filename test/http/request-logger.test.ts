import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { requestLogger } from '../../src/http/front/request-logger.ts';
import { testApp } from '../support/app.ts';

test('a logger of a request makes its child for the first line that is written, and one only', () => {
  const lines: string[] = [];
  let children = 0;
  const onChild = () => {
    children += 1;
  };
  const write = (line: string) => lines.push(line);
  const parent = pino({ level: 'info', onChild }, { write });
  const log = requestLogger(parent, { reqId: 'r-1' });
  log.debug({ detail: 1 }, 'not written');
  log.silent('nor this');
  assert.deepEqual([children, lines.length, log.level], [0, 0, 'info']);
  log.info('first');
  log.error({ code: 7 }, 'second');
  assert.equal(children, 1);
  log.child({ part: 'p' }).warn('third');
  const written = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.deepEqual(
    written.map(({ msg, reqId, code, part }) => [msg, reqId, code, part]),
    [
      ['first', 'r-1', undefined, undefined],
      ['second', 'r-1', 7, undefined],
      ['third', 'r-1', undefined, 'p'],
    ],
  );
});

test('the line of a request has the id that its reply had', async (t) => {
  const logLines: string[] = [];
  const { app } = await testApp(t, { logLines });
  const reply = await app.inject({ url: '/health', headers: { 'x-request-id': 'mine-7' } });
  assert.equal(reply.headers['x-request-id'], 'mine-7');
  const line = logLines.map((text) => JSON.parse(text)).find(({ msg }) => msg === 'request');
  assert.deepEqual([line?.reqId, line?.route, line?.status], ['mine-7', '/health', 200]);
});
