import { sealedEvents } from '../../src/storage/sealed/sealed-code.ts';
import { dump, type TestDatabase } from './postgres.ts';

/** All rows of all tables as text, and the events of sealed traces as they are when they are read. */
export async function openedDump(database: TestDatabase): Promise<string> {
  const rows = await database.run('SELECT trace_id, document FROM sealed_traces');
  const texts = rows.map(async ({ trace_id: traceId, document }) => {
    const bytes = document as Buffer;
    if (bytes.length === 0) return '';
    const events = await sealedEvents(traceId as string, bytes);
    return `sealed ${traceId} ${events.map(({ event }) => Object.values(event).join(' ')).join(' ')}\n`;
  });
  return (await dump(database)) + (await Promise.all(texts)).join('');
}
