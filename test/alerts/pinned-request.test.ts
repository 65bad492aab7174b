import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Route, sendPinned } from '../../src/alerts/transport/pinned-request.ts';
import { freePort } from '../support/free-port.ts';
import { TestReceiver } from '../support/receiver.ts';

const patiently = 30_000;

function delivery(url: string) {
  return { method: 'POST', url: new URL(url), headers: {}, body: '{}' } as const;
}

function route(given: Partial<Route> = {}): Route {
  const signal = new AbortController().signal;
  return { privateHosts: ['127.0.0.1', 'chat.test'], signal, timeoutMs: patiently, ...given };
}

const toLoopback = async () => [{ address: '127.0.0.1', family: 4 }];

test('the connection goes to the address that was looked up once, whatever the name leads to later', async (t) => {
  const receiver = await TestReceiver.open(t);
  let lookups = 0;
  const resolve = async () => {
    lookups += 1;
    return lookups === 1 ? toLoopback() : [{ address: '169.254.169.254', family: 4 }];
  };
  const url = `http://chat.test:${receiver.port}/hook`;
  const answer = await sendPinned(delivery(url), route({ resolve }));
  assert.deepEqual([answer.status, answer.body, lookups], [200, 'ok', 1]);
  assert.equal(receiver.requests[0]?.headers.host, `chat.test:${receiver.port}`);
});

test('a name or address that leads to machines of one’s own is refused unless it is named', async (t) => {
  const receiver = await TestReceiver.open(t);
  const { port } = receiver;
  const never = route({ privateHosts: [] });
  // The last ones are 127.0.0.1 as URLs may write it.
  for (const host of ['127.0.0.1', 'localhost', '[::1]', '0x7f.1', '2130706433', '017700000001']) {
    const request = sendPinned(delivery(`http://${host}:${port}/`), never);
    await assert.rejects(request, /leads to a private address/, host);
  }
  const mixed = async () => [...(await toLoopback()), { address: '1.1.1.1', family: 4 }];
  const named = { ...never, resolve: mixed };
  await assert.rejects(sendPinned(delivery(`http://a.test:${port}/`), named), /private address/);
  for (const host of ['[::ffff:127.0.0.1]', '[64:ff9b::7f00:1]', '[::ffff:7f00:1]']) {
    await assert.rejects(sendPinned(delivery(`http://${host}:${port}/`), route()), /private/, host);
  }
  assert.equal(receiver.requests.length, 0);
});

test('what no message is for is refused even where it is named', async () => {
  const metadata = ['169.254.169.254', '[fd00:ec2::254]', '[::ffff:a9fe:a9fe]', '0.0.0.0'];
  for (const host of metadata) {
    const request = sendPinned(delivery(`http://${host}/`), route({ privateHosts: metadata }));
    await assert.rejects(request, /no message is for/, host);
  }
  const resolve = async () => [{ address: '::ffff:169.254.169.254', family: 6 }];
  const request = sendPinned(delivery('http://chat.test/'), route({ resolve }));
  await assert.rejects(request, /no message is for/);
});

test('a redirect is an answer and no way', async (t) => {
  const [receiver, other] = [await TestReceiver.open(t), await TestReceiver.open(t)];
  receiver.answer = (response) => response.writeHead(307, { location: other.url }).end();
  const { status } = await sendPinned(delivery(receiver.url), route());
  assert.equal(status, 307);
  assert.equal(other.requests.length, 0);
});

test('of an answer without an end only the beginning is read', async (t) => {
  const receiver = await TestReceiver.open(t);
  const block = Buffer.alloc(64 * 1024, 'x');
  let sentBytes = 0;
  const closed = new Promise<void>((done) => {
    receiver.answer = (response) => {
      const write = () => {
        while (sentBytes < 2 ** 30) {
          sentBytes += block.length;
          if (!response.write(block)) return response.once('drain', write);
        }
        return response.end();
      };
      response.once('close', done);
      write();
    };
  });
  const { status, body } = await sendPinned(delivery(receiver.url), route());
  assert.deepEqual([status, body.length], [200, 256 * 1024]);
  await closed;
  assert.ok(sentBytes < 2 ** 28);
});

test('who never answers is given up, and a name that nobody looks up too', async (t) => {
  const receiver = await TestReceiver.open(t);
  receiver.answer = () => {};
  await assert.rejects(
    sendPinned(delivery(receiver.url), route({ timeoutMs: 100 })),
    /did not answer within 0\.1 s/,
  );
  receiver.answer = (response) => response.writeHead(204).flushHeaders();
  const empty = await sendPinned(delivery(receiver.url), route());
  assert.equal(empty.status, 204);
  const resolve = () => new Promise<never>(() => {});
  await assert.rejects(
    sendPinned(delivery('http://chat.test/'), route({ resolve, timeoutMs: 100 })),
    /did not answer/,
  );
});

test('a fault says what is wrong and nothing of the address', async (t) => {
  const port = await freePort();
  const secret = 'T0SECRET';
  const refused = sendPinned(delivery(`http://127.0.0.1:${port}/${secret}`), route());
  await assert.rejects(refused, (error: Error) => {
    assert.match(error.message, /cannot be reached \(ECONNREFUSED\)/);
    assert.doesNotMatch(error.message, new RegExp(secret));
    return true;
  });
  const receiver = await TestReceiver.open(t);
  receiver.answer = (response) => response.destroy();
  await assert.rejects(sendPinned(delivery(receiver.url), route()), /cannot be reached/);
  const header = { ...delivery(receiver.url), headers: { authorization: 'x\r\nhost: evil' } };
  await assert.rejects(sendPinned(header, route()), /cannot be reached \(ERR_INVALID_CHAR\)/);
  const stop = new AbortController();
  receiver.answer = () => stop.abort();
  const stopped = sendPinned(delivery(receiver.url), route({ signal: stop.signal }));
  await assert.rejects(stopped, /the server stops/);
});
