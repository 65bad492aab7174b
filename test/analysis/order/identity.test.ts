import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scopeOf, variablePattern } from '../../../src/analysis/accesses/variables.ts';
import { fingerprint } from '../../../src/analysis/issues/fingerprint.ts';
import { groupTraces, missingSpans } from '../../../src/analysis/order/groups.ts';
import { analyseOrder } from '../../../src/analysis/order/order.ts';
import type { AccessSite } from '../../../src/domain/findings/footprint.ts';
import { traceEvents, wireEvent } from '../../support/events.ts';

const writer: AccessSite = {
  service: 'bank',
  location: 'bank.ts:9',
  access_type: 'Write',
  locks: [],
};
const reader: AccessSite = { ...writer, location: 'bank.ts:7', access_type: 'Read' };

test('a fingerprint is the same for any order of sites and any id in the name, and for nothing else', () => {
  const one = fingerprint('shared', 'db:accounts.7', [reader, writer]);
  assert.match(one, /^[0-9a-f]{16}$/);
  assert.equal(fingerprint('shared', 'db:accounts.42', [writer, reader]), one);
  const uuid = '6f942b45-3ea5-5bfb-858c-4c9d4bc95d52';
  assert.equal(variablePattern(`user:${uuid}.mail`), 'user:*.mail');
  const others = [
    fingerprint('process', 'db:accounts.7', [reader, writer]),
    fingerprint('shared', 'db:orders.7', [reader, writer]),
    fingerprint('shared', 'db:accounts.7', [writer, writer]),
    fingerprint('shared', 'db:accounts.7', [
      { ...reader, locks: [{ name: 'L', mode: 'read' }] },
      writer,
    ]),
    fingerprint('shared', 'db:accounts.7', [
      { ...reader, locks: [{ name: 'L', mode: 'exclusive' }] },
      writer,
    ]),
  ];
  assert.equal(new Set([one, ...others]).size, 6);
});

test('a store in front of a name, or a tag, says that a variable is shared', () => {
  const of = (variable: string, tags: object = {}) =>
    scopeOf(traceEvents([wireEvent({ tags })])[0] as never, variable);
  assert.equal(of('db:accounts.7'), 'shared');
  assert.equal(of('balance'), 'plain');
  assert.equal(of('module::static'), 'plain');
  assert.equal(of('db:accounts.7', { scope: 'process' }), 'process');
  assert.equal(of('balance', { scope: 'shared' }), 'shared');
  assert.equal(of('balance', { scope: 'anything' }), 'plain');
});

const span = (letter: string) => letter.repeat(16);

test('a trace joins the trace of an upstream span that only one other trace has', () => {
  const traceOf = (trace: string, own: string, upstream: string | null) =>
    traceEvents([wireEvent({ trace, span: own, upstream, instance: own, at: trace.length })]);
  const group = (...list: [string, string, string | null][]) =>
    groupTraces(new Map(list.map((trace) => [trace[0], traceOf(...trace)]))).map(
      ({ traceIds }) => traceIds,
    );
  assert.deepEqual(group(['t', span('a'), null], ['tt', span('b'), span('a')]), [['t', 'tt']]);
  assert.deepEqual(
    group(['t', span('a'), null], ['tt', span('a'), null], ['ttt', span('b'), span('a')]),
    [['t'], ['tt'], ['ttt']],
    'ambiguous',
  );
  assert.deepEqual(group(['t', 'short', null], ['tt', span('b'), 'short']), [['t'], ['tt']]);
  const own = traceEvents([
    wireEvent({ span: span('a') }),
    wireEvent({ span: span('b'), upstream: span('a') }),
    wireEvent({ span: span('c'), upstream: span('d') }),
  ]);
  assert.deepEqual(missingSpans(own), [span('d')]);
});

test('a call into another trace of the group orders its events', () => {
  const caller = wireEvent({ trace: 't1', span: span('a'), thread: 'caller' });
  const callee = wireEvent({
    trace: 't2',
    span: span('b'),
    upstream: span('a'),
    at: 1,
    thread: 'x',
  });
  const { must, calls } = analyseOrder(traceEvents([callee, caller]));
  assert.ok(must.precedes(0, 1));
  assert.equal(calls.length, 1);
});
