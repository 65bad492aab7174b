import { type MessagePort, parentPort } from 'node:worker_threads';
import { StatementReader } from '../analysis/statements/statement-reader.ts';
import type { AnalysedEvent } from '../domain/event/event-parts.ts';
import { eventsOf } from './event-columns.ts';
import { loadPostgresParser } from './postgres-parser.ts';
import { runTask, taskOf, type WorkerMessage } from './worker-task.ts';

/** The worker thread: answers each task with its result, or with what went wrong. */
function answer(port: MessagePort, reader: StatementReader): void {
  /** Events that came before their tasks. */
  const ahead = new Map<number, AnalysedEvent[]>();
  port.on('message', (message: WorkerMessage) => {
    const { id } = message;
    if (message.task === undefined) {
      const known = ahead.get(id) ?? [];
      for (const event of eventsOf(message.events)) known.push(event);
      ahead.set(id, known);
      return;
    }
    const sent = ahead.get(id) ?? [];
    ahead.delete(id);
    const { task, events, counts } = message;
    if (task === null) return;
    try {
      const result = runTask(taskOf(task, events, counts, sent), reader);
      port.postMessage({ id, result });
    } catch (error) {
      port.postMessage({ id, error: error instanceof Error ? error : new Error(String(error)) });
    }
  });
}

if (parentPort !== null) {
  answer(parentPort, new StatementReader(await loadPostgresParser()));
}
