/**
 * Asks two servers for an answer ten times a second, one after the other: that of the first argument,
 * and one of this process that does nothing else, to know what the machine itself costs. Tells the
 * slowest of both when it gets a message, and begins anew.
 */
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';

const PAUSE_MS = 100;

const bare = createServer((_request, response) => response.end('ok'));
bare.listen(0, '127.0.0.1', () => {
  const { port } = bare.address() as AddressInfo;
  void poll('server', `${process.argv[2]}/health`);
  void poll('machine', `http://127.0.0.1:${port}/`);
});

const slowestMs = { server: 0, machine: 0 };
let failures = 0;

async function poll(which: 'server' | 'machine', url: string): Promise<void> {
  for (;;) {
    const startedMs = performance.now();
    const isWell = await isAnswered(url);
    if (!isWell) failures += 1;
    slowestMs[which] = Math.max(slowestMs[which], performance.now() - startedMs);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

function isAnswered(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    get(url, (response) => {
      response.resume().on('end', () => resolve(response.statusCode === 200));
    }).on('error', () => resolve(false));
  });
}

process.on('message', () => {
  process.send?.({ ...slowestMs, failures });
  Object.assign(slowestMs, { server: 0, machine: 0 });
  failures = 0;
});
process.on('disconnect', () => process.exit());
