import { type MessagePort, parentPort } from 'node:worker_threads';
import { StatementReader } from '../analysis/statements/statement-reader.ts';
import type { EventRecord } from '../domain/event/event.ts';
import { loadPostgresParser } from './postgres-parser.ts';
import { runTask, type WorkerMessage, withEvents } from './worker-task.ts';

/** The worker thread: answers each task with its result, or with what went wrong. */
function answer(port: MessagePort, reader: StatementReader): void {
  /** Events that came before their tasks. */
  const ahead = new Map<number, EventRecord[]>();
  port.on('message', ({ id, events, task }: WorkerMessage) => {
    if (task === undefined) {
      const known = ahead.get(id) ?? [];
      for (const event of events) known.push(event);
      ahead.set(id, known);
      return;
    }
    const sent = ahead.get(id);
    ahead.delete(id);
    if (task === null) return;
    try {
      const result = runTask(sent === undefined ? task : withEvents(task, sent), reader);
      port.postMessage({ id, result });
    } catch (error) {
      port.postMessage({ id, error: error instanceof Error ? error : new Error(String(error)) });
    }
  });
}

if (parentPort !== null) {
  answer(parentPort, new StatementReader(await loadPostgresParser()));
}
