import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { prepareDrain } from '../../src/http/front/drain.ts';
import { testApp } from '../support/app.ts';
import { wireEvent } from '../support/events.ts';
import { listening } from '../support/http.ts';

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

/** An app that can be told to stop, and connections to it. */
async function stoppableApp(t: TestContext) {
  const sockets: Socket[] = [];
  t.after(() => {
    for (const socket of sockets) socket.destroy();
  });
  const { app } = await testApp(t);
  const drain = prepareDrain(app);
  const { port } = await listening(app);
  const open = () =>
    new Promise<Socket>((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => resolve(socket)).on('error', reject);
      sockets.push(socket);
    });
  return { drain, open };
}

/** Sends something and gives what comes until a text is there, or the end. */
async function exchange(socket: Socket, sent: string, until: string): Promise<string> {
  let text = '';
  const done = new Promise<void>((resolve) => {
    socket.on('close', () => resolve());
    socket.on('data', (part) => {
      text += String(part);
      if (text.includes(until)) resolve();
    });
  });
  if (sent !== '') socket.write(sent);
  await done;
  socket.removeAllListeners('data');
  return text;
}

/** Resolves when the server does not listen any more. */
async function refused(open: () => Promise<Socket>): Promise<void> {
  for (;;) {
    try {
      (await open()).destroy();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ECONNREFUSED') return;
      // It stood in the queue of the port at the moment of its end.
      assert.equal(code, 'ECONNRESET');
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test('a server that stops says so on /ready at once, and takes connections for the delay', async (t) => {
  const { drain, open } = await stoppableApp(t);
  const kept = await open();
  await exchange(kept, get('/ready'), '"ready"');
  const stopped = drain(300);
  const answer = await exchange(kept, get('/ready'), 'unavailable');
  assert.match(answer, /^HTTP\/1\.1 503 .*the server is shutting down/is);
  assert.doesNotMatch(answer, /^connection: close/im, 'nobody is sent to connect anew meanwhile');
  const body = JSON.stringify({ events: [wireEvent()] });
  const head = `POST /events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n`;
  const sent = `${head}Content-Length: ${body.length}\r\n\r\n${body}`;
  assert.match(await exchange(await open(), sent, '"accepted":1'), /^HTTP\/1\.1 200 /);
  await refused(open);
  assert.match(await exchange(kept, get('/health'), '"ok"'), /^connection: close/im);
  await stopped;
});

test('connections that are idle, silent or within their headers do not delay the end', async (t) => {
  const { drain, open } = await stoppableApp(t);
  const idle = await open();
  await exchange(idle, get('/health'), '"ok"');
  const [, started] = [await open(), await open()];
  started?.write('GET /health HTTP/1.1\r\nHo');
  const startedMs = performance.now();
  await drain(0);
  assert.ok(performance.now() - startedMs < 3000);
});

test('a request that is being sent when the server stops is answered', async (t) => {
  const { drain, open } = await stoppableApp(t);
  const body = JSON.stringify({ events: [wireEvent()] });
  const slow = await open();
  slow.write(
    `POST /events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${body.length}\r\n\r\n${body.slice(0, 20)}`,
  );
  // The server has seen its headers when it has answered somebody who came later.
  await exchange(await open(), get('/health'), '"ok"');
  const stopped = drain(0);
  await new Promise((resolve) => setTimeout(resolve, 800));
  const answer = await exchange(slow, body.slice(20), '"accepted":1');
  assert.match(answer, /^HTTP\/1\.1 200 .*connection: close/is);
  await stopped;
});
