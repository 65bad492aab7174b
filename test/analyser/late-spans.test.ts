/** Spans that come late take back what was found without them, also what others found of their trace. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nothingRedacted } from '../../src/domain/event/redaction.ts';
import { OtlpReader } from '../../src/domain/otlp/otlp-batch.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { analyseAll, everyIssue } from '../support/analyser.ts';
import { backends } from '../support/backends.ts';
import { keyless } from '../support/events.ts';
import { exportOf, pgStack, type RequestSketch, step } from '../support/invented-requests.ts';

const lockedUpdate = (from: number, waits: number): RequestSketch => ({
  route: 'POST /accounts/{id}/withdraw',
  path: '/accounts/1/withdraw',
  steps: [
    step('BEGIN', from, from + 1),
    step('SELECT balance FROM accounts WHERE id = $1 FOR UPDATE', from + 2, from + 3 + waits, [1]),
    step(
      'UPDATE accounts SET balance = $1 WHERE id = $2',
      from + 6 + waits,
      from + 7 + waits,
      [9, 1],
    ),
    step('COMMIT', from + 8 + waits, from + 9 + waits),
  ],
});

/** The spans of both requests; the second waits for the first. */
interface SentSpan {
  readonly traceId: string;
  readonly parentSpanId: string;
  readonly name: string;
}
const sent = exportOf(pgStack, [lockedUpdate(4, 0), lockedUpdate(0, 40)]) as {
  resourceSpans: [{ scopeSpans: [{ spans: readonly SentSpan[] }] }];
};

async function send(storage: Storage, isSent: (span: SentSpan) => boolean): Promise<void> {
  const [{ scopeSpans, ...resource }] = sent.resourceSpans;
  const [{ spans, ...scope }] = scopeSpans;
  const content = {
    resourceSpans: [{ ...resource, scopeSpans: [{ ...scope, spans: spans.filter(isSent) }] }],
  };
  const body = Buffer.from(JSON.stringify(content));
  const { events } = new OtlpReader(nothingRedacted).traces(body, 'json', null);
  await storage.append(keyless(events), 1_900_000_000_000_000_000n);
  await analyseAll(storage);
}

const told = async ({ derived }: Storage) =>
  (await derived.issues(everyIssue)).issues
    .map(({ evidence, pattern }) => `${evidence} ${pattern}`)
    .filter((text) => !text.startsWith('E0'));

for (const backend of backends) {
  test(`${backend.name}: what was found with half of a trace is gone with the other half`, async () => {
    const storage = await backend.open();
    const isLate = ({ traceId, name }: SentSpan) =>
      traceId.endsWith('2') && !['SELECT', 'UPDATE'].includes(name);
    await send(storage, (span) => !isLate(span));
    assert.equal((await told(storage)).length, 1);
    await send(storage, isLate);
    assert.deepEqual(await told(storage), []);
    await storage.close();
  });
}
