import { parentPort } from 'node:worker_threads';
import { runTask, type WorkerTask } from './worker-task.ts';

/** The worker thread: answers each task with its result, or with what went wrong. */
parentPort?.on('message', ({ id, task }: { id: number; task: WorkerTask }) => {
  try {
    parentPort?.postMessage({ id, result: runTask(task) });
  } catch (error) {
    parentPort?.postMessage({
      id,
      error: error instanceof Error ? error : new Error(String(error)),
    });
  }
});
