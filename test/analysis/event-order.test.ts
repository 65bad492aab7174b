/** The order in which events are shown: what is known comes before what clocks say. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inCausalOrder } from '../../src/analysis/event-order.ts';
import type { EventRecord } from '../../src/domain/event/event.ts';
import { compareEvents, mergeSummaries, summarise } from '../../src/domain/trace/trace.ts';
import { freshId, records, wireEvent } from '../support/events.ts';
import { allRecordedTraces } from '../support/recordings.ts';

const receivedNs = 2_000_000_000_000_000_000n;
const traces = allRecordedTraces().map((events) => records(events));

/** Recordings that begin in the middle of a trace have no request. */
const whole = traces.filter((events) => events.some(({ kind }) => kind === 'HttpRequest'));

test('every recorded trace that has its request is named after it, in whatever order it came', () => {
  assert.ok(whole.length > 150);
  const byClock = whole.filter((events) => {
    const [first] = events.toSorted(compareEvents);
    return first?.kind !== 'HttpRequest';
  });
  assert.ok(byClock.length > 5, 'clocks alone would name some after something else');
  for (const events of whole) {
    const { root } = summarise(events, receivedNs);
    assert.match(root, /^(?:GET|POST|PUT|DELETE) \/[\w/*-]*$/);
    for (const order of [events, events.toReversed(), events.toSorted(compareEvents)]) {
      const parts = order.map((event) => summarise([event], receivedNs));
      assert.equal(parts.reduce(mergeSummaries).root, root);
    }
  }
});

test('no recorded event is shown before its parent, and each strand goes by its counter', () => {
  for (const events of traces) {
    const shown = inCausalOrder(events);
    assert.equal(new Set(shown).size, events.length);
    assert.deepEqual(inCausalOrder(events.toReversed()), shown);
    const placeOf = new Map(shown.map(({ id }, place) => [id, place]));
    const counters = new Map<string, number>();
    for (const [place, event] of shown.entries()) {
      assert.ok((placeOf.get(event.parentId ?? '') ?? -1) < place, event.timestamp);
      const [strand, counter] = ownCounter(event);
      assert.ok((counters.get(strand) ?? -1) < counter, event.timestamp);
      counters.set(strand, counter);
    }
  }
});

/** The counter that SDKs but Rust's keep for each context, by its thread. */
function ownCounter({ metadata, vector, id }: EventRecord): [strand: string, counter: number] {
  const { thread_id, service_name, instance_id, tags } = JSON.parse(metadata);
  if (tags?.sdk_language === 'rust') return [id, 0];
  const counters = new Map<string, number>(JSON.parse(vector));
  const own = counters.get(`${service_name}#${instance_id}`);
  return [`${service_name} ${thread_id}`, own ?? Math.max(0, ...counters.values())];
}

test('what nothing orders goes by time, then id', () => {
  const trace = freshId();
  const events = records(
    [30, 10, 20, 10].map((at, n) => wireEvent({ trace, at, thread: String(n) })),
  );
  assert.deepEqual(inCausalOrder(events), events.toSorted(compareEvents));
});

test('the root is no child, better nothing that another process called, then the earliest', () => {
  const trace = freshId();
  const named = (name: string) => ({
    function_name: name,
    module: 'm',
    args: null,
    file: 'a',
    line: 1,
  });
  const steps = records([
    wireEvent({ trace, at: 0, parent: freshId(), payload: named('child') }),
    wireEvent({ trace, at: 1, upstream: '00f067aa0ba902b7', payload: named('called') }),
    wireEvent({ trace, at: 3, payload: named('later') }),
    wireEvent({ trace, at: 2, payload: named('root') }),
  ]);
  const rootOf = (events: readonly EventRecord[]) => summarise(events, receivedNs).root;
  assert.equal(rootOf(steps), 'root');
  assert.equal(rootOf(steps.slice(0, 2)), 'called');
  assert.equal(rootOf(steps.slice(0, 1)), 'child');
});
