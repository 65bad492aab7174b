/**
 * A service for `npm run trial`: adds one to a number in three ways, and records what it does as the
 * TypeScript SDK does: whole milliseconds with three digits of another clock, and a counter per request.
 *
 * Usage: node node-service.mjs URL_OF_RACEWAY. Prints its port.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

const [raceway] = process.argv.slice(2);
const values = { locked: 0, tick: 0, unlocked: 0 };
let events = [];
/** Whoever comes next waits for this. */
let lock = Promise.resolve();

class Recording {
  #root = randomUUID();
  #last = null;
  #counter = 0;
  #metadata = {
    thread_id: `node-${process.pid}-${randomBytes(4).toString('hex')}`,
    process_id: process.pid,
    service_name: 'trial-node',
    environment: 'trial',
    tags: { sdk_language: 'typescript' },
    duration_ns: null,
    instance_id: `trial-${process.pid}`,
    distributed_span_id: randomBytes(8).toString('hex'),
    upstream_span_id: null,
  };
  #trace = randomUUID();

  add(kind, payload) {
    const id = this.#last === null ? this.#root : randomUUID();
    const digits = String(Math.floor(process.hrtime()[1] / 1000) % 1000).padStart(3, '0');
    events.push({
      id,
      trace_id: this.#trace,
      parent_id: this.#last,
      timestamp: new Date().toISOString().replace('Z', `${digits}Z`),
      kind: { [kind]: payload },
      metadata: this.#metadata,
      causality_vector: this.#last === null ? [] : [[this.#root, this.#counter]],
      lock_set: [],
    });
    this.#last = id;
    this.#counter += 1;
  }

  read(way) {
    const value = values[way];
    this.#access(way, 'Read', null, value);
    return value;
  }

  write(way, before, after) {
    values[way] = after;
    this.#access(way, 'Write', before, after);
  }

  #access(way, type, before, after) {
    this.add('StateChange', {
      variable: `node.${way}.balance`,
      old_value: before,
      new_value: after,
      location: `/srv/trial/service.js:${way === 'locked' ? 10 : way === 'tick' ? 20 : 30}`,
      access_type: type,
    });
  }
}

const ways = {
  async locked(recording) {
    const before = lock;
    const { promise, resolve } = withResolvers();
    lock = promise;
    await before;
    const held = { lock_id: 'node.lock', lock_type: 'Mutex', location: '/srv/trial/service.js:9' };
    recording.add('LockAcquire', held);
    const value = recording.read('locked');
    await pause(Math.random() * 3);
    recording.write('locked', value, value + 1);
    recording.add('LockRelease', held);
    resolve();
  },
  async tick(recording) {
    await pause(Math.random() * 3);
    const value = recording.read('tick');
    recording.write('tick', value, value + 1);
    await pause(Math.random() * 3);
  },
  async unlocked(recording) {
    const value = recording.read('unlocked');
    await pause(Math.random() * 3);
    recording.write('unlocked', value, value + 1);
  },
};

function withResolvers() {
  let resolve;
  const promise = new Promise((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

async function handle(request, reply) {
  const way = request.url.slice(1);
  if (way === 'flush') {
    const sent = events;
    events = [];
    const { status } = await fetch(`${raceway}/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ events: sent }),
    });
    return reply.end(JSON.stringify({ status, values }));
  }
  const recording = new Recording();
  recording.add('HttpRequest', { method: 'POST', url: request.url, headers: {}, body: null });
  await ways[way](recording);
  recording.add('HttpResponse', { status: 200, headers: {}, body: null, duration_ms: 1 });
  reply.end('{}');
}

const server = createServer((request, reply) => {
  handle(request, reply).catch((error) => {
    reply.statusCode = 500;
    reply.end(String(error));
  });
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
// Ends with whoever started it.
process.stdin.on('end', () => process.exit(0)).resume();
