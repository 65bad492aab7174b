import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { z } from 'zod';
import { acceptsFrom } from '../../src/domain/event/accepts.ts';
import { eventSchema } from '../../src/domain/event/event.ts';
import { kindNames, kindSchemas } from '../../src/domain/event/event-kind.ts';
import { ExactNumber } from '../../src/domain/json.ts';
import { limits } from '../../src/domain/limits.ts';
import { assertProperty } from '../support/properties.ts';
import { recordedTraces } from '../support/recordings.ts';

type Members = Record<string, unknown>;

const recorded = ['chain', 'go-locked', 'python-race', 'ts-locked', 'ts-race']
  .flatMap((name) => recordedTraces(name))
  .flat();
const acceptsEvent = acceptsFrom(eventSchema);
const looks = new Map<z.ZodType, ReturnType<typeof acceptsFrom>>(
  [eventSchema, ...kindNames.map((kind) => kindSchemas[kind])].map((schema) => [
    schema,
    acceptsFrom(schema),
  ]),
);

test('the quick look accepts every recorded event, so that the schema is not asked', () => {
  assert.ok(recorded.length > 0);
  for (const event of recorded) {
    assert.ok(acceptsEvent(event));
    for (const [kind, payload] of Object.entries(event['kind'] as Members)) {
      const schema = kindSchemas[kind as keyof typeof kindSchemas];
      assert.ok(acceptsFrom(schema)(payload), kind);
    }
  }
});

/** What may stand where an event has something else; the last stands for a member left out. */
const oddities = [
  ...[null, true, 0, -1, 0.5, 65_536, 2 ** 32, 2 ** 64, '', 'x', 'Read', [], ['a'], [['a', 1]]],
  ...[[['a']], [['a', 1, 2]], [['a', -1]], {}, { a: 1 }, new ExactNumber('18446744073709551615')],
  ...[new ExactNumber('18446744073709551616'), new ExactNumber('5'), new ExactNumber('-0')],
  ...['x'.repeat(limits.nameCharacters), 'x'.repeat(limits.nameCharacters + 1)],
  ...['x'.repeat(limits.traceIdCharacters + 1), Array(limits.lockSetSize + 1).fill('lock')],
  undefined,
];

/** A copy with one member, here or in an object below, made odd. */
function altered(value: Members, steps: readonly number[], oddity: unknown): Members {
  const [step = 0, ...others] = steps;
  const names = Object.keys(value);
  const name = names[step % Math.max(1, names.length)] ?? 'extra';
  const member = value[name];
  const isDeeper = others.length > 0 && typeof member === 'object' && member !== null;
  if (isDeeper && !Array.isArray(member)) {
    return { ...value, [name]: altered(member as Members, others, oddity) };
  }
  const { [name]: _, ...rest } = value;
  return oddity === undefined ? rest : { ...rest, [name]: oddity };
}

test('the quick look and the schema agree on events with something wrong in them', (t) => {
  const steps = fc.array(fc.nat(30), { minLength: 1, maxLength: 3 });
  const cases = fc.tuple(fc.constantFrom(...recorded), steps, fc.constantFrom(...oddities));
  assertProperty(
    t,
    1000,
    fc.property(cases, ([event, path, oddity]) => {
      const value = altered(event, path, oddity);
      assertAgreed(eventSchema, value);
      for (const payload of Object.values((value['kind'] as Members | null) ?? {})) {
        for (const kind of kindNames) assertAgreed(kindSchemas[kind], payload);
      }
    }),
  );
});

/** An exact number is no object, but a schema takes it for one: that is left to the schema. */
function assertAgreed(schema: z.ZodType, value: unknown): void {
  const isAccepted = looks.get(schema)?.(value) ?? false;
  const { success } = schema.safeParse(value);
  if (isAccepted || !JSON.stringify(value)?.includes('"text":')) assert.equal(isAccepted, success);
  else assert.ok(!isAccepted || success);
}

test('what the quick look does not understand is left to the schema', () => {
  assert.equal(acceptsFrom(z.uuid())('x'), false);
  assert.equal(acceptsFrom(z.string().regex(/a/))('x'), false);
  assert.equal(acceptsFrom(z.int())(0.5), false);
  assert.equal(acceptsFrom(z.strictObject({}))({ a: 1 }), false);
});
