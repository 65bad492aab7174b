import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { BatchShape } from './batches.ts';

export type LoadOrder =
  | { readonly kind: 'prepare'; readonly shape: BatchShape; readonly key: string }
  | { readonly kind: 'prepareReads'; readonly paths: readonly string[]; readonly key: string }
  | {
      readonly kind: 'send';
      readonly ports: readonly number[];
      readonly connections: number;
      readonly perSecond?: number;
    };

export interface LoadOutcome {
  readonly seconds: number;
  readonly requests: number;
  /** Answers other than 200. */
  readonly failed: number;
  /** Bytes of a reply's body, on the average. */
  readonly replyBytes: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly mostMs: number;
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

  /**
   * @param urls one server, or several that share the connections evenly
   * @param perSecond requests due each second; as fast as they are answered unless told
   */
  async send(
    urls: string | readonly string[],
    connections: number,
    perSecond?: number,
  ): Promise<LoadOutcome> {
    const ports = [urls].flat().map((url) => Number(new URL(url).port));
    const rate = perSecond === undefined ? {} : { perSecond };
    const outcome = await this.#order({ kind: 'send', ports, connections, ...rate });
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
