import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import type { FastifyRequest } from 'fastify';
import { BodyRoom, receiveBody } from '../../src/http/front/body-intake.ts';
import { httpLimits } from '../../src/http/limits.ts';
import { post, type TestAppOptions, testApp } from '../support/app.ts';
import { wireEvent } from '../support/events.ts';
import { listening } from '../support/http.ts';

const mebibyte = 1024 * 1024;
const head = 'POST /events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';

/** An app that listens, and the means to open connections to it that send something and stand still. */
async function listeningApp(t: TestContext, options: TestAppOptions = {}) {
  const sockets: Socket[] = [];
  // Before the app is closed, which waits for them.
  t.after(() => {
    for (const socket of sockets) socket.destroy();
  });
  const { app } = await testApp(t, options);
  const { port } = await listening(app);
  return {
    app,
    async send(sent: string | Buffer): Promise<Socket> {
      const socket = connect(port, '127.0.0.1').on('error', () => {});
      sockets.push(socket);
      await new Promise<void>((resolve) => socket.write(sent, () => resolve()));
      return socket;
    },
  };
}

async function answerOn(socket: Socket): Promise<string> {
  let text = '';
  for await (const part of socket) text += String(part);
  return text;
}

for (const [what, beginning] of [
  ['are chunked', 'Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n'],
  ['announce the largest size', `Content-Length: ${16 * mebibyte}\r\n\r\n{`],
] as const) {
  test(`uploads that ${what} and stand still cost what they sent: others are stored`, async (t) => {
    const { app, send } = await listeningApp(t);
    for (let index = 0; index < 64; index += 1) await send(`${head}${beginning}`);
    const replies = await Promise.all(
      Array.from({ length: 20 }, () => post(app, [wireEvent({ trace: 'other' })])),
    );
    assert.deepEqual(new Set(replies.map(({ statusCode }) => statusCode)), new Set([200]));
  });
}

test('large bodies that stand still leave room for small ones, and give theirs back', async (t) => {
  const { app, send } = await listeningApp(t, { server: { max_body_bytes: 32 * mebibyte } });
  const part = Buffer.alloc(30 * mebibyte, ' ');
  const beginning = Buffer.from(`${head}Content-Length: ${32 * mebibyte}\r\n\r\n`);
  const sent = Buffer.concat([beginning, part]);
  const large = [await send(sent), await send(sent), await send(sent)];
  // It sends to its end, and its connection goes on.
  const refused = await send(Buffer.concat([sent, part.subarray(0, 2 * mebibyte)]));
  refused.write('GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
  const answers = await answerOn(refused);
  assert.match(answers, /^HTTP\/1\.1 503 .*"code":"overloaded".*HTTP\/1\.1 200 .*"status":"ok"/s);
  assert.equal((await post(app, [wireEvent({ trace: 'small' })])).statusCode, 200);
  for (const socket of large) socket.destroy();
  const whole = () =>
    post(app, [wireEvent({ trace: 'large', tags: { text: 'x'.repeat(mebibyte) } })]);
  while ((await whole()).statusCode !== 200) await new Promise(setImmediate);
});

test('a body that comes more slowly than the least rate is answered 408 and its connection ends', async (t) => {
  const { send } = await listeningApp(t, { bodyWindowMs: 50 });
  const socket = await send(`${head}Content-Length: 10\r\n\r\n{`);
  const answer = await answerOn(socket);
  assert.match(answer, /^HTTP\/1\.1 408 /);
  assert.match(answer, /^connection: close/im);
  assert.match(answer, /"code":"request_timeout"/);
});

test('a body that the server let rest is not called slow as it goes on', async () => {
  const payload = new Readable({ read() {} });
  let looks = 0;
  const bring = () => {
    payload.push(Buffer.alloc(httpLimits.bodyBytesPerWindowMin));
    payload.push(null);
  };
  const turns = {
    read() {},
    discard() {},
    work: (_bytes: number, run: () => void) => run(),
    isResting() {
      looks += 1;
      if (looks < 3) return true;
      // It goes on, and brings something at once; but the look comes before that.
      if (looks === 3) setImmediate(bring);
      return false;
    },
  };
  const request = { heldBodyBytes: 0, outlivesBody: true } as FastifyRequest;
  const limits = { bytesMax: mebibyte, roomBytes: mebibyte, windowMs: 5 };
  // The server's own timer keeps no process alive.
  const alive = setInterval(() => {}, 1000);
  const outcome = await new Promise((resolve) => {
    const intake = { limits, room: new BodyRoom(mebibyte), turns };
    receiveBody(request, payload, intake, (error, body) => resolve(error ?? body.length));
  });
  clearInterval(alive);
  assert.equal(outcome, httpLimits.bodyBytesPerWindowMin);
});

test('a body that keeps the least rate is stored, however many windows it takes', async (t) => {
  const { send } = await listeningApp(t, { bodyWindowMs: 40 });
  const text = JSON.stringify({ events: [wireEvent({ trace: 'steady' })] });
  const parts = 6;
  const padding = ' '.repeat(httpLimits.bodyBytesPerWindowMin);
  const length = text.length + parts * padding.length;
  const socket = await send(`${head}Connection: close\r\nContent-Length: ${length}\r\n\r\n`);
  for (let index = 0; index < parts; index += 1) {
    socket.write(padding);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  socket.write(text);
  assert.match(await answerOn(socket), /^HTTP\/1\.1 200 /);
});

test('a chunked body past the limit is refused, and so is one that is packed', async (t) => {
  const { app, send } = await listeningApp(t, { server: { max_body_bytes: 1024 } });
  const chunk = `801\r\n${' '.repeat(0x801)}\r\n0\r\n\r\n`;
  const sent = `${head}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}`;
  const socket = await send(sent);
  assert.match(await answerOn(socket), /^HTTP\/1\.1 413 .*"code":"too_large"/s);
  const packed = await app.inject({
    method: 'POST',
    url: '/events',
    headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    payload: gzipSync(' '.repeat(4096)),
  });
  assert.equal(packed.statusCode, 413);
});

const text = Buffer.from(JSON.stringify({ events: [wireEvent({ trace: 'packed' })] }));
for (const [encoding, body] of [
  ['deflate', deflateSync(text)],
  ['deflate', deflateRawSync(text)],
  ['', text],
  ['identity', text],
  ['gzip, identity', gzipSync(text)],
] as const) {
  test(`a body with Content-Encoding "${encoding}" is read (${body.length} bytes)`, async (t) => {
    const { app } = await testApp(t);
    const headers = { 'content-type': 'application/json', 'content-encoding': encoding };
    const reply = await app.inject({ method: 'POST', url: '/events', headers, payload: body });
    assert.equal(reply.statusCode, 200, reply.body);
  });
}

for (const charset of ['ascii', "'utf-8'", '"utf-8"', 'UTF8']) {
  test(`a body with charset=${charset} is read`, async (t) => {
    const { app } = await testApp(t);
    const headers = { 'content-type': `application/json; charset=${charset}` };
    const reply = await app.inject({ method: 'POST', url: '/events', headers, payload: text });
    assert.equal(reply.statusCode, 200, reply.body);
  });
}
