import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { test } from 'node:test';
import { testApp } from '../support/app.ts';

const bytesMax = 1024;

for (const [times, ending] of [
  [2, 'goes on'],
  [5, 'is closed'],
] as const) {
  test(`a body of ${times} times the limit is refused before it is sent, and the connection ${ending}`, async (t) => {
    const { app } = await testApp(t, { server: { max_body_bytes: bytesMax } });
    await app.listen({ host: '127.0.0.1', port: 0 });
    const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
    socket.setEncoding('utf8');
    const length = times * bytesMax;
    const head = `POST /events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n`;
    socket.write(`${head}Content-Length: ${length}\r\n\r\n`);
    let text = '';
    socket.on('data', (part: string) => {
      text += part;
    });
    while (!text.includes('"code":"too_large"')) await once(socket, 'data');
    assert.match(text, /^HTTP\/1\.1 413 /);
    if (ending === 'is closed') {
      assert.match(text, /^connection: close/im);
      socket.destroy();
      return;
    }
    socket.write(`${'x'.repeat(length)}GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    while (!text.includes('"status":"ok"')) await once(socket, 'data');
    socket.destroy();
  });
}
