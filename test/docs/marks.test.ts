import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nothingRedacted } from '../../src/domain/event/redaction.ts';
import { OtlpReader } from '../../src/domain/otlp/otlp-batch.ts';
import { markExamples, marksPage } from '../support/mark-examples.ts';

const languages = ['TypeScript', 'Python', 'Go', 'Java', 'Rust', 'Ruby', '.NET', 'PHP'];

/** What becomes of a span with one event. */
function kindsOf(name: string, attributes: Readonly<Record<string, string>>): string[] {
  const list = Object.entries(attributes).map(([key, stringValue]) => ({
    key,
    value: { stringValue },
  }));
  const span = {
    ...{ traceId: '1'.repeat(32), spanId: '2'.repeat(16), name: 'work', kind: 1 },
    ...{ startTimeUnixNano: '1795979940880000000', endTimeUnixNano: '1795979940890000000' },
    events: [{ timeUnixNano: '1795979940885000000', name, attributes: list }],
  };
  const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
  const { events } = new OtlpReader(nothingRedacted).traces(Buffer.from(body), 'json', null);
  return events.map(({ kind }) => kind).filter((kind) => kind !== 'FunctionCall');
}

test('eight languages have an example of a few lines, with the same two marks', () => {
  assert.deepEqual(
    markExamples.map(({ language }) => language),
    languages,
  );
  for (const { language, code } of markExamples) {
    assert.ok(code.trim().split('\n').length <= 7, language);
    const texts = [...code.matchAll(/(['"`])((?:\\.|(?!\1).)*)\1/g)].map(([, , text]) => text);
    const [event, variableName, variable, typeName, ...rest] = texts;
    assert.deepEqual(
      [event, variableName, variable, typeName, ...rest],
      [
        ...['raceway.access', 'raceway.variable', 'shop.stock', 'raceway.access.type'],
        ...['raceway.value', 'read', 'write'],
      ],
      language,
    );
  }
});

test('each type of access, lock and transaction in the tables is understood', () => {
  const types = /`raceway\.access\.type` \(([^)]*)\)/.exec(marksPage)?.[1] ?? '';
  const known = [...types.matchAll(/`(\w+)`/g)].map(([, type = '']) => type);
  assert.equal(known.length, 5);
  for (const type of known) {
    const access = { 'raceway.variable': 'shop.stock', 'raceway.access.type': type };
    assert.deepEqual(kindsOf('raceway.access', access), ['StateChange'], type);
  }
  const lock = { 'raceway.lock.id': 'stock' };
  assert.deepEqual(kindsOf('raceway.lock.acquire', lock), ['LockAcquire']);
  assert.deepEqual(kindsOf('raceway.lock.release', lock), ['LockRelease']);
  for (const outcome of ['commit', 'abort']) {
    assert.deepEqual(kindsOf('raceway.transaction', { 'raceway.outcome': outcome }), ['Custom']);
  }
  assert.deepEqual(kindsOf('raceway.access', { 'raceway.access.type': 'read' }), []);
  assert.deepEqual(
    kindsOf('raceway.access', { 'raceway.variable': 'a', 'raceway.access.type': 'x' }),
    [],
  );
});
