import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { EventRecord } from '../../src/domain/event/event.ts';
import {
  type SealedEvent,
  sealedBytes,
  sealedEvents,
} from '../../src/storage/sealed/sealed-code.ts';
import { records, wireEvent } from '../support/events.ts';
import { assertAsyncProperty } from '../support/properties.ts';

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.constantFrom('', 'null', '{}', '__proto__', '\u{10ffff}', 'x'.repeat(5000)),
);
const instant = fc.oneof(
  fc.bigInt({ min: 0n, max: 9_182_000_000_000_000_000n }),
  fc.constantFrom(0n, 1_000_000_000n, 1_700_000_000_123_456_789n),
);
const parent = fc.oneof(fc.constantFrom(null, 'own'), fc.uuid());
const [sample] = records([wireEvent()]) as [EventRecord];

/** An event whose parent may be that of the same trace which stands first. */
const event = fc.record({
  id: fc.uuid(),
  parent,
  timestampNs: instant,
  timestamp: fc.constantFrom('2024-01-01t00:00:00.5z', '2024-06-30T23:59:60+02:00'),
  texts: fc.record({
    service: text,
    payload: text,
    metadata: text,
    vector: text,
    lockSet: text,
    extra: text,
    operation: text,
  }),
  isError: fc.boolean(),
  receivedUs: fc.bigInt({ min: 0n, max: 9_182_000_000_000_000n }),
});

test('every event comes back from a document, to the last character', async (t) => {
  await assertAsyncProperty(
    t,
    200,
    fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 12 }), async (drawn) => {
      const events: SealedEvent[] = drawn.map(({ parent, texts, receivedUs, ...one }) => ({
        event: {
          ...one,
          ...texts,
          traceId: sample.traceId,
          kind: sample.kind,
          parentId: parent === 'own' ? (drawn[0]?.id ?? null) : parent,
        },
        receivedUs,
      }));
      assert.deepEqual(await sealedEvents(sample.traceId, await sealedBytes(events)), events);
    }),
  );
});

test('timestamps come back as they were written', async () => {
  const written = [
    ...['2024-01-01T00:00:00Z', '2024-01-01T00:00:00.1+00:00', '2024-01-01t00:00:00.123456789Z'],
    ...['2024-01-01T00:00:00.1234567891Z', '2024-01-01T01:00:00+01:00', '2016-12-31T23:59:60Z'],
  ];
  const events = records(written.map((at) => wireEvent({ at }))).map((event) => ({
    event,
    receivedUs: 1n,
  }));
  const again = await sealedEvents(sample.traceId, await sealedBytes(events));
  assert.deepEqual(
    again.map(({ event }) => event.timestamp),
    events.map(({ event }) => event.timestamp),
  );
});

function firstEvent(): EventRecord {
  const [event] = records([
    wireEvent({
      id: '11111111-1111-4111-8111-111111111111',
      trace: 't',
      parent: '22222222-2222-4222-8222-222222222222',
      at: '2024-01-01T12:00:00.5Z',
      tags: { user: 'ann' },
      vector: [['a', 1]],
      locks: ['l'],
    }),
  ]) as [EventRecord];
  return event;
}

/** What is stored of an event. */
function storedPart({ facts: _facts, source: _source, ...event }: EventRecord): object {
  return event;
}

/** A document of the first version, as it was written when that came out: it is read for good. */
const FIRST_DOCUMENT =
  'AQERERERERFBEYERERERERERmDL3T2NUAgMnpSYIQ6lhyvm/a27MXqbP2NDZ2NTc2crGwMCDPKDPwFyemsTAAkooDD6YyRskjpygEwsK4OUXxJ/QEgxUQ4OHjCHlmGEtw35G1CZFbiJ4sgc5XAwx6pry1CSMwClJLS6BL1+qVoL25xLziFsIg69ugWrAHoW1DJzR0aDBesPYWAbWaKUcpVgGBgA=';

test('a document that an earlier program wrote is read', async () => {
  const [read] = await sealedEvents('t', Buffer.from(FIRST_DOCUMENT, 'base64'));
  assert.deepEqual(read, {
    event: storedPart(firstEvent()),
    receivedUs: 1_700_000_000_123_456n,
  });
});

test('a document that is damaged, or of a later version, is refused', async () => {
  const document = await sealedBytes([{ event: firstEvent(), receivedUs: 1n }]);
  const later = Buffer.from(document);
  later[0] = 9;
  await assert.rejects(sealedEvents('t', later), /version 9/);
  for (let at = 2; at < document.length; at += 7) {
    const damaged = Buffer.from(document);
    damaged[at] = (damaged[at] ?? 0) ^ 0x55;
    await assert.rejects(sealedEvents('t', damaged), `byte ${at}`);
  }
});
