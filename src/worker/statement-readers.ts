import { StatementReader } from '../analysis/statements/statement-reader.ts';
import { loadPostgresParser } from './postgres-parser.ts';
import { mayHaveStatements, type WorkerTask } from './worker-task.ts';

/**
 * The readers of statements of one thread. The parser takes 35 MiB and a fifth of a second, once: only who
 * sends spans pays for it.
 */
export class StatementReaders {
  readonly #plain = new StatementReader(null);
  #full: Promise<StatementReader> | null = null;

  /** What reads the statements that a task may have. */
  for(task: WorkerTask): StatementReader | Promise<StatementReader> {
    if (!mayHaveStatements(task)) return this.#plain;
    this.#full ??= loadPostgresParser().then((parser) => new StatementReader(parser));
    return this.#full;
  }
}
