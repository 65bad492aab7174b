import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { Context } from '../../src/cli/context.ts';
import { run } from '../../src/cli/run.ts';
import { installSignals } from '../../src/cli/signals.ts';
import type { Environment } from '../../src/config/environment.ts';

/** A process that is told to end and only notes it. */
export class FakeProcess extends EventEmitter {
  readonly exitCodes: number[] = [];

  exit(code: number): void {
    this.exitCodes.push(code);
    this.emit('exited', code);
  }

  /** The code of the next exit. */
  async exited(): Promise<number> {
    return new Promise((resolve) => this.once('exited', resolve));
  }
}

/** One run of the command line, in an empty folder of its own. */
export class TestTerminal {
  readonly out: string[] = [];
  readonly told: string[] = [];
  readonly logLines: string[] = [];
  readonly process = new FakeProcess();
  /** What stands on standard input. */
  input = '';
  platform = 'linux';
  /** Columns of the terminal; null is a pipe. */
  columns: number | null = null;
  /** Pages that a browser was to show. */
  readonly pages: string[] = [];
  readonly #signals = installSignals(this.process, (error) => this.told.push(String(error)));
  readonly cwd = mkdtempSync(join(tmpdir(), 'raceway-cli-'));

  /** @param t a test, or what else runs something when it ends */
  constructor(t: { after(run: () => void): void }) {
    t.after(() => rmSync(this.cwd, { recursive: true }));
  }

  /** Runs `raceway ARGS` and gives the exit code. */
  run(args: readonly string[], environment: Environment = {}): Promise<number> {
    const context: Context = {
      environment,
      cwd: this.cwd,
      memory: { availableBytes: 2 ** 36, heapBytesMax: 2 ** 32 },
      platform: this.platform,
      uid: 1000,
      signals: this.#signals,
      terminal: this.columns === null ? null : { columns: this.columns },
      openPage: (url) => this.pages.push(url.href),
      input: () => Readable.from([this.input]),
      print: (text) => this.out.push(text),
      tell: (text) => this.told.push(text),
      logOutput: {
        write: (line) => this.logLines.push(line) > 0,
        finish: async () => {},
      },
    };
    return run(args, context);
  }

  /** All that was written, wherever to. */
  everything(): string {
    return [...this.out, ...this.told, ...this.logLines].join('\n');
  }
}
