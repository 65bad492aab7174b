import { wireEvent } from '../../support/events.ts';

/** One event as JSON text, with the path of the fault that it is refused for. */
export type RefusedEvent = readonly [name: string, event: string, path: string];

/** A good event, its text changed in one place. */
function changed(from: string, to: string): string {
  const text = JSON.stringify(
    wireEvent({ trace: 'T', service: 'S', kind: 'Custom', payload: { name: 'N', data: 'D' } }),
  );
  if (!text.includes(from)) throw new Error(`nothing to change: ${from}`);
  return text.replace(from, () => to);
}

function withData(json: string): string {
  return changed('"D"', json);
}

function withTimestamp(json: string): string {
  return changed('"2024-01-01T12:00:00.000000Z"', json);
}

const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
const list = (length: number, item: string) => `[${new Array(length).fill(item).join(',')}]`;
const tags = (count: number) =>
  `{${Array.from({ length: count }, (_, index) => `"t${index}":"x"`).join(',')}}`;

export const refusedEvents: readonly RefusedEvent[] = [
  ['a NUL character', withData('"a\\u0000b"'), 'kind.Custom.data'],
  ['a NUL character in a list', withData('[[{"x":"\\u0000"}]]'), 'kind.Custom.data[0][0].x'],
  ['a NUL character in a name', withData('{"\\u0000":1}'), 'kind.Custom.data'],
  ['a NUL character in the trace id', changed('"T"', '"T\\u0000"'), 'trace_id'],
  ['a lone high surrogate', withData('"\\ud83d"'), 'kind.Custom.data'],
  ['a lone low surrogate', withData('"\\ude00\\ud83d"'), 'kind.Custom.data'],
  ['a lone surrogate in a name', withData('{"\\uDFFF":1}'), 'kind.Custom.data'],
  ['a lone surrogate in an unknown member', changed('{', '{"x":"\\udc00",'), 'x'],
  ['41 digits', withData('1'.repeat(41)), 'kind.Custom.data'],
  ['41 digits with point and sign', withData(`-1.${'1'.repeat(40)}`), 'kind.Custom.data'],
  ['an exponent of 309', withData('1e309'), 'kind.Custom.data'],
  ['an exponent of -309', withData('1E-309'), 'kind.Custom.data'],
  ['an exponent of many digits', withData(`1e${'9'.repeat(400)}`), 'kind.Custom.data'],
  ['a list of 10,000 levels', withData(nested(10_000)), ''],
  ['a list of 63 levels in an event', withData(nested(62)), ''],
  ['objects of 10,000 levels', withData(`${'{"a":'.repeat(10_000)}0${'}'.repeat(10_000)}`), ''],
  ['a string of more than a mebi', withData(`"${'x'.repeat(1_048_577)}"`), 'kind.Custom.data'],
  ['a name of more than a mebi', withData(`{"${'x'.repeat(1_048_577)}":1}`), 'kind.Custom.data'],
  ['an id that is none', changed('"id":"', '"id":"x'), 'id'],
  ['an id of null', changed('"id":"', '"id":null,"x":"'), 'id'],
  ['a number as trace id', changed('"T"', '5'), 'trace_id'],
  ['an empty trace id', changed('"T"', '""'), 'trace_id'],
  ['a trace id of 129 characters', changed('"T"', `"${'t'.repeat(129)}"`), 'trace_id'],
  ['a parent that is no UUID', changed('"parent_id":null', '"parent_id":"p"'), 'parent_id'],
  ['a timestamp as a number', withTimestamp('1700000000'), 'timestamp'],
  ['a timestamp without offset', withTimestamp('"2024-01-01T12:00:00"'), 'timestamp'],
  ['a day without time', withTimestamp('"2024-01-01"'), 'timestamp'],
  ['the 30th of February', withTimestamp('"2024-02-30T12:00:00Z"'), 'timestamp'],
  ['the year 70', withTimestamp('"0070-01-01T12:00:00Z"'), 'timestamp'],
  ['the year 1969', withTimestamp('"1969-12-31T23:59:59.999Z"'), 'timestamp'],
  ['the year 2262', withTimestamp('"2262-01-01T00:00:00Z"'), 'timestamp'],
  ['a year of five digits', withTimestamp('"12024-01-01T12:00:00Z"'), 'timestamp'],
  ['digits of another script', withTimestamp('"２024-01-01T12:00:00Z"'), 'timestamp'],
  ['a timestamp with a line break', withTimestamp('"2024-01-01T12:00:00Z\\n"'), 'timestamp'],
  ['a kind as a string', changed('{"Custom":{"name":"N","data":"D"}}', '"Custom"'), 'kind'],
  ['no kind', changed('{"Custom":{"name":"N","data":"D"}}', '{}'), 'kind'],
  ['a list as kind', changed('{"Custom":{"name":"N","data":"D"}}', '[]'), 'kind'],
  ['two kinds', changed('{"Custom":', '{"Error":{},"Custom":'), 'kind'],
  ['an unknown kind', changed('"Custom"', '"custom"'), 'kind.custom'],
  ['a kind of the prototype', changed('"Custom"', '"__proto__"'), 'kind.__proto__'],
  ['a kind called constructor', changed('"Custom"', '"constructor"'), 'kind.constructor'],
  ['a kind called toString', changed('"Custom"', '"toString"'), 'kind.toString'],
  ['a payload of null', changed('{"name":"N","data":"D"}', 'null'), 'kind.Custom'],
  ['a payload without data', changed(',"data":"D"', ''), 'kind.Custom.data'],
  ['data only in the prototype', changed('"data"', '"__proto__"'), 'kind.Custom.data'],
  ['a name of 1025 characters', changed('"N"', `"${'n'.repeat(1025)}"`), 'kind.Custom.name'],
  ['metadata of null', changed('"metadata":', '"metadata":null,"x":'), 'metadata'],
  ['no service', changed('"service_name":"S",', ''), 'metadata.service_name'],
  ['a service of null', changed('"S"', 'null'), 'metadata.service_name'],
  [
    'a process id of 2^32',
    changed('"process_id":1', '"process_id":4294967296'),
    'metadata.process_id',
  ],
  ['a process id of 1.5', changed('"process_id":1', '"process_id":1.5'), 'metadata.process_id'],
  [
    'a duration below zero',
    changed('"duration_ns":null', '"duration_ns":-1'),
    'metadata.duration_ns',
  ],
  ['tags as a list', changed('"tags":{}', '"tags":[]'), 'metadata.tags'],
  ['257 tags', changed('"tags":{}', `"tags":${tags(257)}`), 'metadata.tags'],
  [
    'a vector as an object',
    changed('"causality_vector":[]', '"causality_vector":{}'),
    'causality_vector',
  ],
  [
    'a vector of triples',
    changed('"causality_vector":[]', '"causality_vector":[["a",1,2]]'),
    'causality_vector[0]',
  ],
  [
    'a counter below zero',
    changed('"causality_vector":[]', '"causality_vector":[["a",-1]]'),
    'causality_vector[0][1]',
  ],
  [
    '1025 components',
    changed('"causality_vector":[]', `"causality_vector":${list(1025, '["a",1]')}`),
    'causality_vector',
  ],
  ['a lock that is no text', changed('"lock_set":[]', '"lock_set":["a",null]'), 'lock_set[1]'],
  ['1025 locks', changed('"lock_set":[]', `"lock_set":${list(1025, '"l"')}`), 'lock_set'],
];
