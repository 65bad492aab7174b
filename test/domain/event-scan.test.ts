import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readBatch } from '../../src/domain/event/batch.ts';
import type { EventRecord } from '../../src/domain/event/event.ts';
import { nothingRedacted } from '../../src/domain/event/redaction.ts';
import { limits } from '../../src/domain/limits.ts';
import { EventScanner } from '../../src/domain/scan/event-scan.ts';
import { access, wireEvent } from '../support/events.ts';
import { exactJson } from '../support/exact-json.ts';
import { generatedEvent } from '../support/generated-events.ts';
import { assertProperty } from '../support/properties.ts';
import { recordedTraces } from '../support/recordings.ts';

const RUNS = 1500;

/** Takes nothing out, but makes the reader build every event. */
const lookingAtAll = { ...nothingRedacted, isOfHeadersOnly: false };

const recorded = ['chain', 'go-locked', 'python-race', 'ts-locked', 'ts-race']
  .flatMap((name) => recordedTraces(name))
  .flat()
  .map((event) => JSON.stringify(event));

/** The record of an event, its JSON parts as values. */
function comparable(record: EventRecord): object {
  const { payload, metadata, vector, lockSet, extra } = record;
  const parts = [payload, metadata, vector, lockSet, extra === '' ? '{}' : extra];
  return { ...record, parts: parts.map(exactJson), ...emptied };
}
const emptied = { payload: '', metadata: '', vector: '', lockSet: '', extra: '' };

/** What a request comes to: events and refusals, or the sentence of an error. */
function outcomeOf(body: Buffer, redaction?: typeof lookingAtAll): unknown {
  try {
    const batch = readBatch(body, redaction);
    if (batch === null) return null;
    const { events, rejected, rejectedPaths } = batch;
    return { events: events.map(comparable), rejected, rejectedPaths };
  } catch (error) {
    return (error as Error).message;
  }
}

function isScanned(event: string): boolean {
  const bytes = Buffer.from(event);
  const scanner = new EventScanner();
  return scanner.read(bytes, 0) !== null && scanner.end === bytes.length;
}

test('every recorded event is read where it stands', () => {
  assert.ok(recorded.length > 0, 'there are recordings');
  for (const event of recorded) assert.ok(isScanned(event), event);
});

test('so is what other clients write: spaces, escapes, any order, members of their own', () => {
  const event = wireEvent({ kind: 'StateChange', payload: access('a "quoted" name', 'Write') });
  const spaced = JSON.stringify(event, null, 1).replaceAll(/\n */g, ' ');
  const reversed = Object.fromEntries(Object.entries(event).reverse());
  for (const text of [
    spaced,
    JSON.stringify(reversed),
    JSON.stringify(
      wireEvent({ service: 'caf\u00e9', tags: { list: [1, { deep: [[]] }], e: 1e-7 } }),
    ),
    JSON.stringify(wireEvent({ service: 'x' })).replace('"x"', '"caf\\u00e9\\/\\n"'),
    JSON.stringify({ ...event, lock_set: null, parent_id: undefined, causality_vector: undefined }),
    JSON.stringify(wireEvent({ durationNs: 1.5, tags: { id: 'ID' } })).replace(
      '"ID"',
      '12345678901234567890',
    ),
  ]) {
    assert.ok(isScanned(text), text);
    const body = Buffer.from(`{"events":[${text}]}`);
    assert.deepEqual(outcomeOf(body), outcomeOf(body, lookingAtAll), text);
  }
});

test('what may have to be refused, redacted or written anew is left to the careful reader', () => {
  const request = { method: 'GET', url: '/', body: null };
  const plain = JSON.stringify(wireEvent({ service: 'x' }));
  for (const text of [
    JSON.stringify(
      wireEvent({ kind: 'HttpRequest', payload: { ...request, headers: { a: 'b' } } }),
    ),
    JSON.stringify(wireEvent({ trace: 'no UUID' })),
    JSON.stringify({ ...wireEvent(), colour: 'red' }),
    JSON.stringify(wireEvent({ at: '2024-02-30T00:00:00Z' })),
    plain.replace('"x"', '"\\u0000"'),
    plain.replace('"x"', '"\\ud83d\\ude00"'),
    plain.replace('"x"', '"a\tb"'),
    plain.replace('"x"', `"${'x'.repeat(limits.nameCharacters + 1)}"`),
    plain.replace('"x"', '"x","service_name":"y"'),
    plain.replace('"x"', '"x","service\\u005fname":"y"'),
    plain.replace(/,/g, ',\n'),
    plain.replace('"process_id":1', '"process_id":4294967296'),
    plain.replace('"process_id":1', '"process_id":01'),
    plain.replace(
      '"tags":{}',
      `"tags":${'['.repeat(limits.nestingLevels)}${']'.repeat(limits.nestingLevels)}`,
    ),
    plain.replace('"tags":{}', `"tags":{"n":1e999}`),
    plain.replace('"tags":{}', `"tags":{"n":${'1'.repeat(limits.numberDigits + 1)}}`),
  ]) {
    assert.notEqual(text, plain);
    assert.ok(!isScanned(text), text);
  }
});

test('a request is read alike in place and with care, whatever it is', (t) => {
  let scanned = 0;
  let events = 0;
  const event = fc.oneof(
    fc.constantFrom(...recorded),
    generatedEvent.map(({ text }) => text),
  );
  const request = fc.array(event, { maxLength: 3 }).chain((texts) => {
    events += texts.length;
    scanned += texts.filter(isScanned).length;
    return damaged(`{"events":[${texts.join(',')}]}`);
  });
  assertProperty(
    t,
    RUNS,
    fc.property(request, (text) => {
      const body = Buffer.from(text);
      assert.deepEqual(outcomeOf(body), outcomeOf(body, lookingAtAll));
    }),
  );
  t.diagnostic(`${events} events, ${scanned} of them read in place before they were damaged`);
  assert.ok(scanned > events / 4 && scanned < events, `${scanned} of ${events}`);
});

/** A text with a few characters put in, left out or exchanged, or none. */
function damaged(text: string): fc.Arbitrary<string> {
  const place = fc.nat(text.length);
  const piece = fc.constantFrom(
    ...'{}[]",:\\ 019-.eEuntf\n\u0000\u007f\u00e9',
    '\\u',
    '\\ud800',
    'null',
    '1e5',
  );
  const damage = fc.tuple(place, fc.nat(2), fc.oneof(fc.constant(''), piece));
  return fc
    .array(damage, { maxLength: 3 })
    .map((damages) =>
      damages.reduce(
        (left, [at, length, put]) => left.slice(0, at) + put + left.slice(at + length),
        text,
      ),
    );
}
