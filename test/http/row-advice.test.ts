import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VariableCourses } from '../../src/domain/findings/variable-state.ts';
import { adviceEveryMs, RowAdvice, rowCountEveryMs } from '../../src/http/otlp/row-advice.ts';
import { getSettled, type TestApp, testApp } from '../support/app.ts';

const PG = '@opentelemetry/instrumentation-pg';
const PG_LINE = /Node\.js, pg: .*enhancedDatabaseReporting: true/;

/** A request that changes a row: its id only in the path, as defaults show it, or as a parameter too. */
function exported(number: number, values: readonly string[] = []): string {
  const hex = number.toString(16);
  const traceId = hex.padStart(32, '1');
  const attribute = (key: string, stringValue: string) => ({ key, value: { stringValue } });
  const start = 1_795_979_940_880_000_000n + BigInt(number) * 10_000_000_000n;
  const span = (spanId: string, more: object) => ({
    ...{ traceId, spanId: spanId.padStart(16, '2'), name: 'POST' },
    ...{ startTimeUnixNano: String(start), endTimeUnixNano: String(start + 1_000_000n), ...more },
  });
  const request = span('a', {
    kind: 2,
    attributes: [
      attribute('http.request.method', 'POST'),
      attribute('http.route', '/accounts/:id'),
      attribute('url.path', '/accounts/7'),
    ],
  });
  const text = "UPDATE accounts SET state = 'paid' WHERE id = $1";
  const parameters = { arrayValue: { values: values.map((stringValue) => ({ stringValue })) } };
  const statement = span('b', {
    ...{ kind: 3, parentSpanId: 'a'.padStart(16, '2') },
    attributes: [
      attribute('db.system.name', 'postgresql'),
      attribute('db.namespace', 'shop'),
      attribute('db.query.text', text),
      ...(values.length > 0 ? [{ key: 'db.postgresql.values', value: parameters }] : []),
    ],
  });
  return JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: [attribute('service.name', 'shop')] },
        scopeSpans: [
          { scope: { name: '@opentelemetry/instrumentation-http' }, spans: [request] },
          { scope: { name: PG }, spans: [statement] },
        ],
      },
    ],
  });
}

async function told({ app }: TestApp, body: string): Promise<string> {
  const headers = { 'content-type': 'application/json' };
  const reply = await app.inject({ method: 'POST', url: '/v1/traces', headers, body });
  assert.equal(reply.statusCode, 200);
  const { partialSuccess } = reply.json();
  if (partialSuccess === undefined) return '';
  assert.equal(partialSuccess.rejectedSpans, '0');
  return partialSuccess.errorMessage;
}

test('an exporter is told once an hour which line makes its rows known', async (t) => {
  let nowMs = 10_000;
  t.mock.method(performance, 'now', () => nowMs);
  const served = await testApp(t);
  let number = 0;
  /** Exports until rows have been counted twice, with requests between the two. */
  const messages = async (values: readonly string[]) => {
    const seen: string[] = [];
    for (let round = 0; round < 3; round += 1) {
      number += 1;
      seen.push(await told(served, exported(number, values)));
      await getSettled(served, '/api/services/shop');
      nowMs += rowCountEveryMs;
    }
    return seen.filter((message) => message !== '');
  };
  const [first = '', ...more] = await messages([]);
  assert.match(first, /which rows \d+ of the last \d+ requests of shop/);
  assert.match(first, PG_LINE);
  assert.deepEqual(more, [], 'once');
  assert.deepEqual(await messages([]), [], 'not again within the hour');
  nowMs += adviceEveryMs;
  assert.equal((await messages([])).length, 1);
  nowMs += adviceEveryMs;
  // The line was written: what was unknown before is no reason to tell any more.
  await messages(['7']);
  nowMs += adviceEveryMs;
  assert.deepEqual(await messages(['7']), []);
  assert.deepEqual(await messages(['7']), []);
});

test('the lines for a service are those of the libraries that it uses', async (t) => {
  const served = await testApp(t);
  await told(served, exported(1));
  const { rows, raised_by } = await getSettled(served, '/api/services/shop');
  assert.deepEqual(rows, { exact: 0, hinted: 1, unknown: 0 });
  const libraries = raised_by.map(({ library }: { library: string }) => library);
  assert.deepEqual(libraries, ['Node.js, pg', 'any']);
});

test('a storage that fails keeps nobody from an answer, and is asked again later', async () => {
  let nowMs = 0;
  let asked = 0;
  const readCourses = (): Promise<readonly VariableCourses[]> => {
    asked += 1;
    return Promise.reject(new Error('the database is away'));
  };
  const advice = new RowAdvice(readCourses, () => nowMs);
  const senders = new Map([['shop', new Set([PG])]]);
  assert.equal(advice.for(senders), '');
  assert.equal(advice.for(senders), '');
  assert.equal(advice.for(new Map()), '');
  assert.equal(asked, 1);
  nowMs += rowCountEveryMs;
  assert.equal(advice.for(senders), '');
  assert.equal(asked, 2);
});
