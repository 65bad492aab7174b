/** The process that sends: told by messages what to prepare and when to send it. */
import { type BatchShape, ingestRequest, makeBodies } from './batches.ts';
import { Connection, type Reply } from './client.ts';
import type { LoadOrder, LoadOutcome } from './load.ts';
import { makeOtlpBodies, otlpRequest } from './otlp-batches.ts';

/** How long a client waits that was told that the queue is full. */
const RETRY_MS = 20;

let requests: readonly Buffer[] = [];

process.on('message', (order: LoadOrder) => {
  obey(order).then(
    (outcome) => process.send?.({ outcome }),
    (error: Error) => process.send?.({ error: error.message }),
  );
});

process.once('disconnect', () => process.exit());

async function obey(order: LoadOrder): Promise<LoadOutcome | null> {
  switch (order.kind) {
    case 'prepare':
      requests = bodiesAsRequests(order.shape, order.key);
      return null;
    case 'prepareReads':
      requests = order.paths.map((path) =>
        Buffer.from(
          `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${order.key}\r\n\r\n`,
        ),
      );
      return null;
    case 'send':
      return send(order.ports, order.connections, order.perSecond ?? null);
  }
}

function bodiesAsRequests(shape: BatchShape, key: string): Buffer[] {
  const { otlp } = shape;
  if (otlp !== undefined) {
    return makeOtlpBodies(shape, otlp).map((body) => otlpRequest(body, shape, otlp, key));
  }
  return makeBodies(shape).map((body) => ingestRequest(body, shape, key));
}

/**
 * Sends every request once. With a rate each one is due at its time, and its latency counts from
 * there, so that a server that falls behind cannot hide it.
 */
async function send(
  ports: readonly number[],
  connections: number,
  perSecond: number | null,
): Promise<LoadOutcome> {
  const opened = await Promise.all(
    Array.from({ length: connections }, (_, place) =>
      Connection.open(ports[place % ports.length] as number),
    ),
  );
  const latencies: number[] = [];
  let failed = 0;
  let replyBytes = 0;
  let next = 0;
  const startedMs = performance.now();
  await Promise.all(
    opened.map(async (connection) => {
      for (;;) {
        const number = next;
        next += 1;
        const request = requests[number];
        if (request === undefined) return;
        let fromMs = performance.now();
        if (perSecond !== null) {
          const dueMs = startedMs + (number * 1000) / perSecond;
          if (dueMs > fromMs + 1) await new Promise((wake) => setTimeout(wake, dueMs - fromMs));
          fromMs = Math.max(dueMs, startedMs);
        }
        const { status, bytes } = await sendUntilTaken(connection, request);
        replyBytes += bytes;
        if (status !== 200) failed += 1;
        latencies.push(performance.now() - fromMs);
      }
    }),
  );
  const seconds = (performance.now() - startedMs) / 1000;
  for (const connection of opened) connection.close();
  latencies.sort((a, b) => a - b);
  const quantile = (part: number) => latencies[Math.floor(part * (latencies.length - 1))] ?? 0;
  return {
    seconds,
    requests: latencies.length,
    failed,
    replyBytes: Math.round(replyBytes / latencies.length),
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
    mostMs: quantile(1),
  };
}

/** What the server has no room for is sent again, as SDKs do: 256 batches of 500 are more than wait. */
async function sendUntilTaken(connection: Connection, request: Buffer): Promise<Reply> {
  for (;;) {
    const reply = await connection.send(request);
    if (reply.status !== 503) return reply;
    await new Promise((wake) => setTimeout(wake, RETRY_MS));
  }
}
