import fc from 'fast-check';

/** An event as JSON text, with odd but mostly legal values, and what it is known by. */
export interface GeneratedEvent {
  readonly text: string;
  /** Canonical. */
  readonly id: string;
  /** As the server has to know it. */
  readonly traceId: string;
}

const oddStrings = ['', ' ', '__proto__', 'constructor', "'; DROP", '%_\\', '\u{10ffff}', '\ufeff'];
const refusedStrings = ['"\\u0000"', '"\\ud83d"', '"\\uDE00x"', '"a\\ud800\\u0061"'];
const string = fc.oneof(
  { weight: 8, arbitrary: fc.string({ unit: 'grapheme', maxLength: 12 }).map(quoted) },
  { weight: 4, arbitrary: fc.constantFrom(...oddStrings).map(quoted) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 4 }).map(quoted) },
  { weight: 1, arbitrary: fc.constantFrom(...refusedStrings) },
);
const oddNumbers = [
  ...['0', '-0', '-0.0', '1.0', '1.50', '1e5', '1E+2', '0.1', '5e-308', '1e308', '-1e-7', '0e0'],
  ...['9007199254740993', '18446744073709551615', '9'.repeat(40), `-0.${'3'.repeat(39)}`],
];
const number = fc.oneof(
  { weight: 4, arbitrary: fc.integer().map(String) },
  { weight: 4, arbitrary: fc.constantFrom(...oddNumbers) },
  { weight: 2, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }).map(String) },
  { weight: 1, arbitrary: fc.constantFrom('1'.repeat(41), '1e309', '1E-400') },
);
const literal = fc.constantFrom('null', 'true', 'false');
const { json } = fc.letrec<{ json: string }>((tie) => ({
  json: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(literal, number, string),
    fc.array(tie('json'), { maxLength: 3 }).map((items) => `[${items.join(' , ')}]`),
    fc.array(fc.tuple(string, tie('json')), { maxLength: 3 }).map(objectText),
  ),
}));

const count = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('0', '1', '200', '65535', '5e2', '1.0') },
  { weight: 1, arbitrary: fc.constantFrom('-1', '65536', '0.5', '"1"', 'null') },
);
const duration = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('0', '12.5', '1e3', '18446744073709551615') },
  { weight: 1, arbitrary: fc.constantFrom('-0.5', '"1"') },
);
const accessType = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom('Read', 'Write', 'AtomicRMW').map(quoted) },
  { weight: 1, arbitrary: fc.constant('"read"') },
);
const ordering = fc.constantFrom('Relaxed', 'SeqCst').map(quoted);
const map = fc.array(fc.tuple(string, json), { maxLength: 3 }).map(objectText);
const orNull = (arbitrary: fc.Arbitrary<string>) => fc.oneof(arbitrary, fc.constant('null'));
const lines = orNull(fc.array(string, { maxLength: 3 }).map((items) => `[${items.join(',')}]`));

/** Members of each kind; a name that ends in `?` may be left out. */
const kinds: Readonly<Record<string, Readonly<Record<string, fc.Arbitrary<string>>>>> = {
  FunctionCall: { function_name: string, module: string, args: json, file: string, line: count },
  FunctionReturn: { function_name: string, 'return_value?': json, 'file?': string, 'line?': count },
  StateChange: {
    ...{ variable: string, 'old_value?': json, 'new_value?': json },
    ...{ location: string, access_type: accessType },
  },
  AsyncSpawn: { task_id: string, 'spawned_by?': string, 'task_name?': string },
  AsyncAwait: { future_id: string, awaited_at: string },
  LockAcquire: { lock_id: string, lock_type: string, location: string },
  LockRelease: { lock_id: string, lock_type: string, location: string },
  MemoryFence: { ordering, location: string },
  HttpRequest: { method: string, url: string, headers: orNull(map), 'body?': json },
  HttpResponse: { status: count, headers: map, 'body?': json, duration_ms: duration },
  DatabaseQuery: { query: string, database: string, duration_ms: duration },
  DatabaseResult: { rows_affected: fc.constantFrom('0', '18446744073709551615', '7') },
  Error: { error_type: string, message: string, stack_trace: lines },
  Custom: { name: string, data: json },
  Surprise: { name: string },
};
const kind = fc
  .constantFrom(...Object.keys(kinds))
  .chain((name) => object(kinds[name] ?? {}).map((payload) => `{${quoted(name)}:${payload}}`));

const service = fc.oneof(
  fc.constantFrom('', 'web', 'we%', '__proto__', 'é', '\uffff', '\u{1f600}').map(quoted),
  string,
);
const metadata = object({
  thread_id: string,
  process_id: fc.constantFrom('1', '4294967295', '1e3'),
  service_name: service,
  environment: string,
  tags: orNull(map),
  'duration_ns?': orNull(duration),
  'instance_id?': orNull(string),
  'upstream_span_id?': orNull(string),
  'unknown?': json,
});

const timestamp = fc
  .tuple(
    fc.constantFrom(
      '1970-01-01',
      '2024-02-29',
      '2024-12-31',
      '2261-12-31',
      '2023-02-29',
      '1969-01-01',
    ),
    fc.constantFrom('T', 't', ' '),
    fc.constantFrom('00:00:00', '12:34:56', '23:59:59', '23:59:60', '24:00:00'),
    fc.constantFrom('', '.0', '.000001', '.123456789', '.1234567891', '.999999999', '.'),
    fc.constantFrom('Z', 'z', '+00:00', '-00:00', '+01:00', '-11:30', ''),
  )
  .map((parts) => quoted(parts.join('')));
const goodTimestamp = fc
  .nat(20)
  .map((micros) => quoted(`2024-01-01T12:00:00.${String(micros).padStart(6, '0')}+00:00`));

const traceIds: readonly (readonly [sent: string, known: string])[] = [
  ...['a', 'a/b', 'a%2Fb', '100%', '?x#y', '..', ' ', '日本語', '\u{1f600}', '\uffff', "o'"].map(
    (id) => [id, id] as const,
  ),
  ['t'.repeat(128), 't'.repeat(128)],
  ['AAAAAAAA-BBBB-4CCC-8DDD-EEEEEEEEEEEE', 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee'],
  ['{aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee}', 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee'],
  ['AAAAAAAABBBB4CCC8DDDEEEEEEEEEEEE', 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee'],
];
const vector = orNull(
  fc
    .array(fc.tuple(string, fc.constantFrom('0', '3', '18446744073709551615')), { maxLength: 3 })
    .map((pairs) => `[${pairs.map((pair) => `[${pair.join(',')}]`).join(',')}]`),
);

/** Any event; ids differ from each other as UUIDs do. */
export const generatedEvent: fc.Arbitrary<GeneratedEvent> = fc
  .record({
    id: fc.uuid(),
    spelling: fc.constantFrom('plain', 'capitals', 'bare', 'urn'),
    trace: fc.constantFrom(...traceIds),
    rest: object({
      'parent_id?': fc.oneof(fc.constant('null'), fc.uuid().map(quoted)),
      timestamp: fc.oneof({ weight: 3, arbitrary: goodTimestamp }, timestamp),
      kind,
      metadata,
      'causality_vector?': vector,
      'lock_set?': lines,
      'colour?': json,
      '__proto__?': json,
    }),
  })
  .map(({ id, spelling, trace: [sent, known], rest }) => ({
    id,
    traceId: known,
    text: `{"id":${quoted(spelled(id, spelling))},"trace_id":${quoted(sent)},${rest.slice(1)}`,
  }));

/** A JSON object of these members; one in twenty that has to be there is not. */
function object(members: Readonly<Record<string, fc.Arbitrary<string>>>): fc.Arbitrary<string> {
  const parts = Object.entries(members).map(([name, value]) => {
    const isOptional = name.endsWith('?');
    const member = value.map((text) => `${quoted(name.replace('?', ''))}: ${text}`);
    return fc.option(member, { nil: '', freq: isOptional ? 1 : 40 });
  });
  return fc.tuple(...parts).map((texts) => `{${texts.filter((text) => text !== '').join(',')}}`);
}

function objectText(members: readonly (readonly [string, string])[]): string {
  return `{${members.map(([name, value]) => `${name}:${value}`).join(',')}}`;
}

function spelled(id: string, spelling: string): string {
  if (spelling === 'capitals') return id.toUpperCase();
  if (spelling === 'bare') return id.replaceAll('-', '');
  return spelling === 'urn' ? `urn:uuid:${id}` : id;
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
