/** Readers of sealed traces whose documents are elsewhere at every attempt: they may not take that for the end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { everything } from '../../src/domain/trace/trace-selection.ts';
import type { Session } from '../../src/storage/postgres/connection/session.ts';
import { readEvents, readScan } from '../../src/storage/postgres/sealed/sealed-reading.ts';

const day = '2024-10-04';
const start = { timestampNs: -1n, id: '00000000-0000-0000-0000-000000000000' };
const unavailable = { name: 'RacewayError', code: 'unavailable', message: /ask again/ };

/**
 * A database whose traces are sealed as their rows say.
 *
 * @param documents what is found of documents
 * @param told how often each was asked for
 */
function sessionWith(documents: readonly object[], told: { documents: number }): Session {
  const events = async () => [[...Array.from({ length: 14 }, () => null), day]];
  const named = async ({ text }: { readonly text: string }) => {
    if (text.includes('FROM sealed_traces')) {
      told.documents += 1;
      return documents;
    }
    return ['a', 'b'].map((trace_id) => ({
      ...{ trace_id, day, event_count: '3', is_selected: false },
    }));
  };
  return Object.assign(events, { named }) as unknown as Session;
}

const empty = ['a', 'b'].map((trace_id) => ({
  ...{ trace_id, document: Buffer.alloc(0), version: '1' },
}));

for (const [name, documents] of [
  ['empty', empty],
  ['gone', []],
] as const) {
  test(`documents that are ${name} are looked for again, and then said to be missing`, async () => {
    const told = { documents: 0 };
    await assert.rejects(readEvents(sessionWith(documents, told), 'a', start, 10), unavailable);
    assert.equal(told.documents, 5);
    told.documents = 0;
    const selection = { ...everything, tags: [{ key: 'k', value: 'v' }] };
    await assert.rejects(readScan(sessionWith(documents, told), selection, null, 10), unavailable);
    assert.equal(told.documents, 5);
  });
}
