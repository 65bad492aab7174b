import { type MessagePort, parentPort } from 'node:worker_threads';
import type { AnalysedEvent } from '../domain/event/event-parts.ts';
import { eventsOf } from './event-columns.ts';
import { StatementReaders } from './statement-readers.ts';
import { runTask, taskOf, type WorkerMessage } from './worker-task.ts';

/** The worker thread: answers each task with its result, or with what went wrong, one after the other. */
function answer(port: MessagePort): void {
  const readers = new StatementReaders();
  /** Events that came before their tasks. */
  const ahead = new Map<number, AnalysedEvent[]>();
  let last: Promise<void> = Promise.resolve();
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
    last = last.then(async () => {
      try {
        const whole = taskOf(task, events, counts, sent);
        port.postMessage({ id, result: runTask(whole, await readers.for(whole)) });
      } catch (error) {
        port.postMessage({ id, error: error instanceof Error ? error : new Error(String(error)) });
      }
    });
  });
}

if (parentPort !== null) answer(parentPort);
