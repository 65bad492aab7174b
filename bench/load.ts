import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { BatchShape } from './batches.ts';

export type LoadOrder =
  | { readonly kind: 'prepare'; readonly shape: BatchShape; readonly key: string }
  | { readonly kind: 'prepareReads'; readonly paths: readonly string[]; readonly key: string }
  | {
      readonly kind: 'send';
      readonly port: number;
      readonly connections: number;
      readonly perSecond?: number;
    };

export interface LoadOutcome {
  readonly seconds: number;
  readonly requests: number;
  /** Answers other than 200. */
  readonly failed: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

type LoadAnswer = { readonly outcome: LoadOutcome | null } | { readonly error: string };

/** A process of its own that prepares requests, then sends them as often as told. */
export class Load {
  readonly #child: ChildProcess;

  constructor() {
    const program = fileURLToPath(new URL('load-process.ts', import.meta.url));
    this.#child = fork(program, { execArgv: ['--import', 'tsx'] });
  }

  async prepare(shape: BatchShape, key: string): Promise<void> {
    await this.#order({ kind: 'prepare', shape, key });
  }

  async prepareReads(paths: readonly string[], key: string): Promise<void> {
    await this.#order({ kind: 'prepareReads', paths, key });
  }

  /** @param perSecond requests due each second; as fast as they are answered unless told */
  async send(url: string, connections: number, perSecond?: number): Promise<LoadOutcome> {
    const port = Number(new URL(url).port);
    const rate = perSecond === undefined ? {} : { perSecond };
    const outcome = await this.#order({ kind: 'send', port, connections, ...rate });
    if (outcome === null) throw new Error('the load told nothing');
    if (outcome.failed > 0)
      throw new Error(`${outcome.failed} requests were not answered with 200`);
    return outcome;
  }

  end(): void {
    this.#child.kill();
  }

  async #order(order: LoadOrder): Promise<LoadOutcome | null> {
    const answered = once(this.#child, 'message');
    this.#child.send(order);
    const [answer] = (await answered) as [LoadAnswer];
    if ('error' in answer) throw new Error(answer.error);
    return answer.outcome;
  }
}
