import { readBatch } from '../../src/domain/event/batch.ts';
import type { EventRecord } from '../../src/domain/event/event.ts';
import { wireEvent } from '../support/events.ts';

/** Texts that break what quotes, escapes, matches patterns, counts bytes or trusts a key. */
const hostileTexts = [
  '',
  ' ',
  "'",
  '"',
  '\\',
  "\\'; DROP TABLE events; --",
  '$1 $$ %s {0}',
  '%_*?[]^',
  '{"json": true}',
  'null',
  'NaN',
  '__proto__',
  'constructor',
  'a\tb\nc\rd\u0001\u001f\u007f',
  '\u2028\u2029\ufeff\ufffd\ufffe\uffff',
  'é e\u0301 ß İ ı',
  '日本語',
  '😀👩‍👩‍👧‍👦\u{10ffff}',
  '\u202egnirts',
  '<script>alert(1)</script>',
  '../../etc/passwd',
];

/** JSON texts of values that a double, jsonb or an object tree would change. */
const exactValues = [
  '-0',
  '-0.0',
  '0.1',
  '1e5',
  '1E+5',
  '1.0',
  '9007199254740993',
  '18446744073709551615',
  '1234567890123456789012345678901234567890',
  '-3.14159265358979323846264338327950288',
  '1e308',
  '5e-308',
  '{"__proto__":{"x":1},"constructor":null,"toString":2}',
  '{"b":1,"a":2,"10":3,"9":4}',
  '[[],{},[{}],null,true,false,""]',
  `${'['.repeat(60)}${']'.repeat(60)}`,
];

/** Events that are accepted although they are made to hurt. Every one belongs to a known trace. */
export function hostileEvents(): readonly EventRecord[] {
  const events: string[] = [];
  hostileTexts.forEach((text, index) => {
    const trace = text === '' ? 'empty' : text;
    events.push(JSON.stringify(wireEvent({ trace, at: index, service: text, instance: text })));
    const payload = { name: text, data: { [text]: text }, [text]: [text] };
    const sketch = { trace, at: index, kind: 'Custom', payload, tags: { [text]: text } } as const;
    const unknown = `unknown ${text}`;
    events.push(
      JSON.stringify({
        ...wireEvent({ ...sketch, locks: [text, text], vector: [[text, 3]] }),
        [unknown]: { [text]: text },
      }),
    );
  });
  exactValues.forEach((value, index) => {
    const event = wireEvent({ trace: 'exact', at: index, kind: 'Custom', payload: { name: 'n' } });
    events.push(
      JSON.stringify({ ...event, more: 'EXACT', metadata: metadataWith('EXACT') })
        .replace('"name":"n"', `"name":"n","data":${value}`)
        .replaceAll('"EXACT"', value),
    );
  });
  events.push(...atTheLimits().map((event) => JSON.stringify(event)));
  const batch = readBatch(Buffer.from(`{"events":[${events.join(',')}]}`));
  if (batch === null || batch.rejected.length > 0) {
    throw new Error(`refused: ${JSON.stringify(batch?.rejected)}`);
  }
  return batch.events;
}

/** As long as the limits allow, in characters that take three bytes; and lists that are null. */
function atTheLimits(): object[] {
  const long = '語'.repeat(1024);
  const url = `/${'ü'.repeat(200_000)}`;
  const request = { method: 'GET', url, headers: null, body: null };
  return [
    wireEvent({ trace: 't'.repeat(128), service: long }),
    wireEvent({ trace: '語'.repeat(128), service: `${long.slice(1)}x` }),
    wireEvent({ trace: 'long', service: `${long.slice(1)}y`, instance: long, thread: long }),
    wireEvent({ trace: 'long', at: -1, kind: 'HttpRequest', payload: request }),
    { ...wireEvent({ trace: 'null lists' }), causality_vector: null, lock_set: null },
    { ...wireEvent({ trace: 'null lists' }), metadata: { ...metadataWith(null), tags: null } },
    { ...wireEvent({ trace: 'spelling', at: '2024-01-01 12:00:00.5+00:00' }), extra: null },
    wireEvent({ trace: 'spelling', at: '2016-12-31t23:59:60z' }),
    wireEvent({ trace: 'spelling', at: '2024-01-01T12:00:00.123456789123456789-11:30' }),
    wireEvent({ trace: '{AAAAAAAA-BBBB-4CCC-8DDD-EEEEEEEEEEEE}' }),
  ];
}

function metadataWith(value: unknown): object {
  return { ...(wireEvent()['metadata'] as object), unknown: value };
}
