/** The order in which readers see what happened is the order that is known, never that of clocks first. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inCausalOrder } from '../../src/analysis/event-order.ts';
import type { EventRecord } from '../../src/domain/event/event.ts';
import type { FindingWitness } from '../../src/domain/findings/finding.ts';
import { compareEvents } from '../../src/domain/trace/trace.ts';
import { analyseAll, everyIssue } from '../support/analyser.ts';
import { getSettled, post, testApp } from '../support/app.ts';
import { memoryBackend } from '../support/backends.ts';
import { access, freshId, keyless, records, wireEvent } from '../support/events.ts';
import { recordedTraces } from '../support/recordings.ts';

const RECEIVED_NS = 1_900_000_000_000_000_000n;

/** Recordings with findings, of each SDK. */
const recordings = [
  'ts-race',
  'python-race',
  'svc-ts-buy',
  'svc-go-buy',
  'svc-ts-order',
  'svc-ts-proxy',
  'svc-fa-book',
  'svc-rs-racy',
  'svc-py-fanout',
];

interface Shown {
  readonly sites: readonly { readonly location: string; readonly access_type: string }[];
  readonly pattern: string;
  readonly witness: FindingWitness;
}

async function shownOf(recording: string) {
  const traces = recordedTraces(recording).map((events) => records(events));
  const storage = await memoryBackend.open();
  for (const events of traces) await storage.append(keyless(events), RECEIVED_NS);
  await analyseAll(storage);
  const { issues } = await storage.derived.issues(everyIssue);
  await storage.close();
  const shown = issues.flatMap(({ subject, pattern, witnesses }): Shown[] =>
    witnesses.map((text) => ({ sites: subject.sites, pattern, witness: JSON.parse(text) })),
  );
  return { traces, shown };
}

test('steps of witnesses follow the causal order of each trace, and column k the trace at site k', async () => {
  const acts = new Set<string>();
  for (const recording of recordings) {
    const { traces, shown } = await shownOf(recording);
    const places = new Map<string, number>();
    const traceOf = new Map<string, string>();
    for (const events of traces) {
      inCausalOrder(events).forEach(({ id, traceId }, place) => {
        places.set(id, place);
        traceOf.set(id, traceId);
      });
    }
    assert.ok(shown.length > 0, recording);
    for (const { sites, pattern, witness } of shown) {
      const { events, steps, check } = witness;
      if (check !== null) acts.add(pattern);
      const what = `${recording} ${pattern} on ${witness.variable}`;
      assert.deepEqual(
        events.map(({ access_type }) => access_type),
        sites.map(({ access_type }) => access_type),
        what,
      );
      if (JSON.stringify(sites[0]) === JSON.stringify(sites[1])) {
        assert.ok(events[0].timestamp <= events[1].timestamp, what);
      }
      if (traceOf.get(events[0].event_id) === traceOf.get(events[1].event_id)) continue;
      for (const [k, event] of events.entries()) {
        const own = steps.filter(({ column }) => column === k + 1);
        assert.ok(
          own.some(({ event_id }) => event_id === event.event_id),
          what,
        );
        assert.deepEqual(
          new Set(own.map(({ event_id }) => traceOf.get(event_id))),
          new Set([traceOf.get(event.event_id)]),
          what,
        );
        const order = own.map(({ event_id }) => places.get(event_id) ?? -1);
        assert.deepEqual(
          order,
          order.toSorted((a, b) => a - b),
          what,
        );
      }
    }
  }
  assert.deepEqual([...acts].sort(), ['check_then_act', 'double_submit', 'lost_update']);
});

test('audit trails follow the causal order, also where clocks say otherwise', async (t) => {
  const served = await testApp(t);
  let byClock = 0;
  for (const events of recordedTraces('svc-ts-fanlocked').concat(recordedTraces('svc-ts-proxy'))) {
    const stored: readonly EventRecord[] = records(events);
    assert.equal((await post(served.app, events.toReversed())).statusCode, 200);
    const known = inCausalOrder(stored).map(({ id }) => id);
    const timed = stored.toSorted(compareEvents).map(({ id }) => id);
    if (known.join() !== timed.join()) byClock += 1;
    const trace = await getSettled(served, `/api/traces/${stored[0]?.traceId}`);
    for (const trail of Object.values(trace.audit_trails) as { event_id: string }[][]) {
      const ids = new Set(trail.map(({ event_id }) => event_id));
      assert.deepEqual(
        trail.map(({ event_id }) => event_id),
        known.filter((id) => ids.has(id)),
      );
    }
  }
  assert.ok(byClock > 0, 'the clock alone would show some in another order');
});

test('what was sold that was not there is counted in the sentence', async () => {
  const { shown } = await shownOf('svc-ts-buy');
  const sentences = shown.filter(({ pattern }) => pattern === 'check_then_act');
  assert.ok(sentences.length > 0);
  assert.match(
    sentences[0]?.witness.explanation ?? '',
    /POST \/buy.*POST \/buy.*6 of 26 such writes left less than zero/,
  );
});

test('where every access was recorded by a line of the SDK, the operation is the place', async () => {
  const sdkLine = '/home/app/.cargo/registry/src/x/raceway-0.1.0/src/client.rs:123';
  const request = (trace: string, at: number, url: string) => {
    const common = { trace, thread: trace, tags: { sdk_language: 'rust' } };
    const payload = { method: 'POST', url, headers: {}, body: null };
    const change = (type: string, value: number) =>
      access('db:row', type, { location: sdkLine, new_value: value });
    const [root, read] = [freshId(), freshId()];
    const later = { ...common, kind: 'StateChange' } as const;
    return [
      wireEvent({ ...common, id: root, at, kind: 'HttpRequest', payload }),
      wireEvent({ ...later, id: read, parent: root, at: at + 1, payload: change('Read', 7) }),
      wireEvent({ ...later, parent: read, at: at + 11, payload: change('Write', at) }),
    ];
  };
  const storage = await memoryBackend.open();
  const events = [...request('a', 0, '/pay/17'), ...request('b', 5, '/refund/18?x=1')];
  await storage.append(keyless(records(events)), RECEIVED_NS);
  await analyseAll(storage);
  const { issues } = await storage.derived.issues({ ...everyIssue, evidenceMin: 'E1' });
  await storage.close();
  assert.equal(issues.length, 1);
  assert.deepEqual(
    issues[0]?.subject.sites.map(({ location }) => location),
    ['POST /pay/*', 'POST /refund/*'],
  );
});
