import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { demoBatches } from '../../src/demo/demo-batches.ts';
import { Simulation } from '../../src/demo/simulation.ts';
import { TestTerminal } from '../support/cli.ts';
import { wireEvent } from '../support/events.ts';

async function startedServer(t: TestContext): Promise<string> {
  const server = new TestTerminal(t);
  assert.equal(await server.run(['serve', '--port', '0']), 0, server.everything());
  t.after(async () => {
    const exited = server.process.exited();
    server.process.emit('SIGTERM', 'SIGTERM');
    await exited;
  });
  return /listens on (\S+)/.exec(server.told.join('\n'))?.[1] ?? '';
}

async function raceway(t: TestContext, url: string, ...args: string[]) {
  const terminal = new TestTerminal(t);
  const code = await terminal.run(args, { RACEWAY_URL: url });
  return { code, lines: terminal.out.join('\n').split('\n'), told: terminal.told.join('\n') };
}

const planted = [
  'E3 check_then_act db:items.*.stock',
  'E3 dirty_read db:payments.*.status',
  'E3 lost_update db:ledger.*.balance',
  'E4 write_skew db:coupons.spring.budget',
  'E4 write_skew db:coupons.summer.budget',
];

function found(lines: readonly string[]): string[] {
  return lines
    .map((line) => line.split('\t'))
    .map(([, evidence, , pattern, variable]) => `${evidence} ${pattern} ${variable}`)
    .sort();
}

test('requests of the example say who asked and from where, and so do those that they call', () => {
  let id = 0;
  const newId = () => {
    id += 1;
    return `00000000-0000-4000-8000-${String(id).padStart(12, '0')}`;
  };
  const tagsOf = new Map<string, Set<string>>();
  for (const event of demoBatches(Date.UTC(2026, 0, 1), newId).flat()) {
    const { tags } = event['metadata'] as { tags: Record<string, string> };
    assert.equal(tags['demo'], 'true');
    const { demo: _, ...told } = tags;
    const trace = String(event['trace_id']);
    tagsOf.set(trace, (tagsOf.get(trace) ?? new Set()).add(JSON.stringify(told)));
  }
  const sets = [...tagsOf.values()];
  assert.ok(sets.every(({ size }) => size === 1));
  const counts = (text: string) => sets.filter((set) => [...set].join().includes(text)).length;
  for (const value of ['shop', 'app', 'backoffice', 'guest', 'member', 'wholesale']) {
    assert.ok(counts(`"${value}"`) > 1 && counts(`"${value}"`) < sets.length, value);
  }
});

test('the example shows what was planted and nothing else, and is erased again', async (t) => {
  const url = await startedServer(t);
  const other = { events: [wireEvent({ trace: 'mine' })] };
  const headers = { 'content-type': 'application/json' };
  await fetch(`${url}/events`, { method: 'POST', headers, body: JSON.stringify(other) });
  const sent = await raceway(t, url, 'demo');
  assert.equal(sent.code, 0);
  assert.deepEqual(found(sent.lines), planted);
  assert.match(sent.told, /raceway race [0-9a-f]{16} shows the first of them/);

  const errors = await raceway(t, url, 'traces', '--errors');
  assert.deepEqual(
    errors.lines.map((line) => line.split('\t')[6]),
    ['POST /mails'],
  );
  const { data } = (await (await fetch(`${url}/api/traces?page_size=100`)).json()) as {
    data: { traces: { root: string; has_anomalies: boolean; services: string[] }[] };
  };
  const slow = data.traces.filter((trace) => trace.has_anomalies);
  assert.deepEqual(
    slow.map(({ root }) => root),
    ['GET /products/*'],
  );
  const chain = data.traces.find(({ root }) => root === 'POST /purchases');
  assert.deepEqual(chain?.services, ['ledger', 'stock', 'web']);

  const [line = ''] = sent.lines.filter((text) => text.includes('lost_update'));
  const fingerprint = line.split('\t')[7] ?? '';
  const script = await raceway(t, url, 'reproduce', fingerprint);
  assert.match(script.lines.join('\n'), /UPDATE "ledger" SET "balance" = 12710 WHERE "id" = /);
  const over = await raceway(t, url, 'reproduce', fingerprint, '--as', 'curl');
  assert.match(over.lines.join('\n'), /send -X 'POST' --path-as-is "\$TARGET"'\/refunds'/);
  const dirty = sent.lines.find((text) => text.includes('dirty_read'))?.split('\t')[7] ?? '';
  const refused = await raceway(t, url, 'reproduce', dirty, '--as', 'psql');
  assert.equal(refused.code, 1);
  assert.match(refused.told, /shows nobody what is not committed.*; there is curl, node/);

  const erased = await raceway(t, url, 'demo', '--erase');
  assert.match(erased.told, /\d{3} traces are erased/);
  assert.deepEqual((await raceway(t, url, 'races', '--evidence', 'E0')).lines, ['']);
  assert.equal((await raceway(t, url, 'traces')).lines.length, 1);
});

test('an empty server stores the example on demand, another one refuses', async (t) => {
  const url = await startedServer(t);
  const post = () => fetch(`${url}/api/demo`, { method: 'POST' });
  assert.equal((await post()).status, 200);
  assert.deepEqual(found((await raceway(t, url, 'races')).lines), planted);
  const again = await post();
  assert.equal(again.status, 400);
  assert.match(await again.text(), /for an empty server, and this one has \d+ traces/);
});

test('two examples at one time differ in ids alone', () => {
  let number = 0;
  const newId = () => {
    number += 1;
    return `id-${number}`;
  };
  const [one, other] = [demoBatches(20_000, newId), demoBatches(20_000, newId)];
  const plain = (batches: object) => JSON.stringify(batches).replace(/id-?\d+/g, 'id');
  assert.equal(plain(one), plain(other));
  assert.ok(one.every((batch) => batch.length <= 100));
});

test('a simulation gives a lock to one routine after the other, in the order of asking', () => {
  const simulation = new Simulation();
  const told: string[] = [];
  function* routine(name: string) {
    yield { acquire: 'lock' };
    told.push(`${name} has it at ${simulation.nowUs}`);
    yield { waitUs: 10 };
    simulation.release('lock');
  }
  simulation.start(2, routine('second'));
  simulation.start(1, routine('first'));
  simulation.start(3, routine('third'));
  simulation.run();
  assert.deepEqual(told, ['first has it at 1', 'second has it at 11', 'third has it at 21']);
});
