import { Worker, type WorkerOptions } from 'node:worker_threads';
import { StatementReader } from '../analysis/statements/statement-reader.ts';
import { RacewayError } from '../domain/errors.ts';
import { Pauses } from '../storage/pauses.ts';
import { loadPostgresParser } from './postgres-parser.ts';
import {
  eventsOf,
  isSmall,
  runTask,
  type WorkerMessage,
  type WorkerResults,
  type WorkerTask,
  withEvents,
} from './worker-task.ts';

/** Heap of the worker: the budgets of analysis stay below it; what does not ends the worker only. */
const HEAP_MEGABYTES = 1024;

/** Events that one message has at most; copying them takes a few milliseconds. */
const EVENTS_PER_MESSAGE = 1000;

interface Waiting {
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Runs analyses and packs events off the thread that answers requests. The thread starts with the
 * first task. When it ends by itself (out of memory), its tasks are rejected, and the next task
 * starts another thread.
 */
export class WorkerThread {
  #reader: Promise<StatementReader> | null = null;
  #worker: Worker | null = null;
  #isClosed = false;
  #lastId = 0;
  readonly #waiting = new Map<number, Waiting>();

  /** @param isBusy false: a small task is done on the spot */
  async run<Task extends WorkerTask>(
    task: Task,
    isBusy: boolean,
  ): Promise<WorkerResults[Task['kind']]> {
    if (this.#isClosed) throw new RacewayError('unavailable', 'the server is stopping');
    if (!isBusy && isSmall(task)) {
      this.#reader ??= loadPostgresParser().then((parser) => new StatementReader(parser));
      return runTask(task, await this.#reader);
    }
    const worker = this.#worker ?? this.#start();
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      worker.ref();
      this.#send(worker, id, task).catch(reject);
    });
  }

  /** A message is copied at once: the events of a large trace go in parts, with pauses. */
  async #send(worker: Worker, id: number, task: WorkerTask): Promise<void> {
    const post = (message: WorkerMessage) => worker.postMessage(message);
    const events = eventsOf(task);
    if (events.length <= EVENTS_PER_MESSAGE) return post({ id, task });
    const pauses = new Pauses();
    for (let start = 0; start < events.length; start += EVENTS_PER_MESSAGE) {
      post({ id, events: events.slice(start, start + EVENTS_PER_MESSAGE) });
      await pauses.betweenSteps();
    }
    post({ id, task: withEvents(task, []) });
  }

  /** Ends the work in progress; no other begins. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = startWorker({ resourceLimits: { maxOldGenerationSizeMb: HEAP_MEGABYTES } });
    worker.on('message', ({ id, result, error }) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      // Waiting for tasks keeps nobody alive, doing them does.
      if (this.#waiting.size === 0) worker.unref();
      if (error === undefined) waiting?.resolve(result as never);
      else waiting?.reject(error);
    });
    worker.on('error', (error) => this.#end(worker, error));
    worker.on('exit', () => this.#end(worker, new Error('the analysis thread ended')));
    this.#worker = worker;
    return worker;
  }

  #end(worker: Worker, error: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

/** The build starts its own file; from source, Node 20 needs a thread that first learns TypeScript. */
function startWorker(options: WorkerOptions): Worker {
  if (import.meta.url.endsWith('.js'))
    return new Worker(new URL('worker.js', import.meta.url), options);
  const source = JSON.stringify(new URL('worker.ts', import.meta.url).href);
  const start = `import('tsx/esm/api').then((tsx) => { tsx.register(); return import(${source}); })`;
  return new Worker(start, { ...options, eval: true });
}
