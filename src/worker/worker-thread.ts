import { Worker, type WorkerOptions } from 'node:worker_threads';
import { RacewayError } from '../domain/errors.ts';
import type { EventRecord } from '../domain/event/event.ts';
import { columnsOf } from './event-columns.ts';
import { Slots } from './slots.ts';
import { StatementReaders } from './statement-readers.ts';
import {
  isSmall,
  messageOf,
  runTask,
  type WorkerMessage,
  type WorkerResults,
  type WorkerTask,
} from './worker-task.ts';

/** What the thread may take. */
export interface ThreadMemory {
  /** Heap of the thread; a task that needs more ends the thread, and nothing else. */
  readonly heapBytes: number;
}

/** As much as the budgets of analysis may need. */
const ample: ThreadMemory = { heapBytes: 1024 * 1024 * 1024 };

const MEBIBYTE = 1024 * 1024;
/** The part of the heap that is for what is short-lived. */
const YOUNG_SHARE = 1 / 16;
const YOUNG_MEGABYTES_MAX = 48;
/** Traces that may wait for the large one that is being worked on. */
const LARGE_WAITING_MAX = 32;

/** The thread ended in the midst of a task, most likely for want of memory. */
export class ThreadEnded extends Error {}

interface Waiting {
  /** Null: its events are not kept here, so that it cannot be begun again. */
  readonly task: WorkerTask | null;
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
}

/** A task about one large trace, whose events are sent as they are read: nobody holds all of them. */
export interface LargeTask {
  send(events: readonly EventRecord[]): void;
  /** @param task without the events */
  run<Task extends WorkerTask>(task: Task): Promise<WorkerResults[Task['kind']]>;
  /** Lets the next large one begin; to be called in any case. */
  close(): void;
}

/**
 * Runs analyses and packs events off the thread that answers requests. The thread starts with the
 * first task. One large trace is worked on at a time. When the thread ends by itself (out of memory),
 * the task that it was at fails with {@link ThreadEnded}, and another thread begins with the rest.
 */
export class WorkerThread {
  readonly #heapBytes: number;
  readonly #readers = new StatementReaders();
  #worker: Worker | null = null;
  #isClosed = false;
  #lastId = 0;
  #deaths = 0;
  readonly #large = new Slots(1);
  /** Whether the thread has events of a large trace, or works on one. */
  #hasLarge = false;
  /** In the order in which the thread works on them. */
  readonly #waiting = new Map<number, Waiting>();

  constructor({ heapBytes }: ThreadMemory = ample) {
    this.#heapBytes = heapBytes;
  }

  /** How often the thread ended by itself since the start. */
  get deaths(): number {
    return this.#deaths;
  }

  /** @param isBusy false: a small task is done on the spot */
  async run<Task extends WorkerTask>(
    task: Task,
    isBusy: boolean,
  ): Promise<WorkerResults[Task['kind']]> {
    this.#refuseClosed();
    if (!isBusy && isSmall(task)) {
      return runTask(task, await this.#readers.for(task));
    }
    const worker = this.#worker ?? this.#start();
    const id = this.#nextId();
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { task, resolve, reject });
      worker.ref();
      post(worker, messageOf(id, task));
    });
  }

  /**
   * Waits until no other large trace is worked on.
   *
   * @throws {RacewayError} `overloaded` when many wait already
   */
  async openLarge(): Promise<LargeTask> {
    this.#refuseClosed();
    if (this.#large.waiting >= LARGE_WAITING_MAX) {
      const message = 'too many large traces wait for their analysis; ask again later';
      throw new RacewayError('overloaded', message);
    }
    const release = await this.#large.take();
    try {
      this.#refuseClosed();
      return this.#largeTask(release);
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Ends the work in progress; no other begins. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#worker?.terminate();
  }

  #largeTask(release: () => void): LargeTask {
    const worker = this.#worker ?? this.#start();
    const id = this.#nextId();
    let isRun = false;
    let isOpen = true;
    this.#hasLarge = true;
    return {
      send: (events) => post(worker, { id, events: columnsOf(events) }),
      run: async (task) => {
        isRun = true;
        this.#refuseClosed();
        if (worker !== this.#worker) throw new ThreadEnded('the analysis thread ended');
        return new Promise((resolve, reject) => {
          this.#waiting.set(id, { task: null, resolve, reject });
          worker.ref();
          post(worker, messageOf(id, task));
        });
      },
      close: () => {
        if (!isOpen) return;
        isOpen = false;
        this.#hasLarge = false;
        if (!isRun) post(worker, { id, events: null, task: null, counts: [] });
        release();
      },
    };
  }

  #nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  #refuseClosed(): void {
    if (this.#isClosed) throw stopping();
  }

  #start(): Worker {
    const heapMegabytes = Math.ceil(this.#heapBytes / MEBIBYTE);
    const young = Math.min(YOUNG_MEGABYTES_MAX, Math.ceil(heapMegabytes * YOUNG_SHARE));
    const worker = startWorker({
      resourceLimits: { maxOldGenerationSizeMb: heapMegabytes, maxYoungGenerationSizeMb: young },
    });
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

  /**
   * At fault is the large trace if there is one, else the first that waits: what was answered before has
   * come by now.
   */
  #end(worker: Worker, error: Error): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    if (this.#isClosed) {
      for (const [, { reject }] of waiting) reject(stopping());
      return;
    }
    this.#deaths += 1;
    const ended = new ThreadEnded(error.message, { cause: error });
    for (const [place, [id, { task, resolve, reject }]] of waiting.entries()) {
      if (task === null || (place === 0 && !this.#hasLarge)) reject(ended);
      else this.#again(id, { task, resolve, reject });
    }
  }

  #again(id: number, waiting: Waiting): void {
    const worker = this.#worker ?? this.#start();
    this.#waiting.set(id, waiting);
    worker.ref();
    if (waiting.task !== null) post(worker, messageOf(id, waiting.task));
  }
}

function stopping(): RacewayError {
  return new RacewayError('unavailable', 'the server is stopping');
}

function post(worker: Worker, message: WorkerMessage): void {
  worker.postMessage(message);
}

/** The build starts its own file; from source, Node 20 needs a thread that first learns TypeScript. */
function startWorker(options: WorkerOptions): Worker {
  if (import.meta.url.endsWith('.js'))
    return new Worker(new URL('worker.js', import.meta.url), options);
  const source = JSON.stringify(new URL('worker.ts', import.meta.url).href);
  const start = `import('tsx/esm/api').then((tsx) => { tsx.register(); return import(${source}); })`;
  return new Worker(start, { ...options, eval: true });
}
