import type { Readable } from 'node:stream';
import type { Environment } from '../config/environment.ts';
import type { ProcessMemory } from '../config/memory-notes.ts';
import type { StandardOutput } from '../log-output.ts';
import type { OptionName, OptionValues } from './option.ts';
import type { Signals } from './signals.ts';

/** What a command knows of the world; tests give one of their own. */
export interface Context {
  readonly environment: Environment;
  readonly cwd: string;
  readonly memory: ProcessMemory;
  /** The system, as Node calls it. */
  readonly platform: string;
  /** The number of the user; null where users have none. */
  readonly uid: number | null;
  readonly signals: Signals;
  /** What shows standard output; null when that goes to a program or a file. */
  readonly terminal: { readonly columns: number } | null;
  /** Standard input, for those that read it. */
  input(): Readable;
  /** Prints lines that other programs may read: standard output. */
  print(text: string): void;
  /** Prints lines for people only: standard error. */
  tell(text: string): void;
  /** Shows a page in the browser of the person at the terminal. */
  openPage(url: URL): void;
  /** Where the log goes; undefined is standard output. */
  readonly logOutput?: StandardOutput;
}

/** One command of the command line. */
export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What it does, for its own help. */
  readonly description: string;
  readonly options: readonly OptionName[];
  /** What stands behind the command without dashes, at least one of it; left out: nothing may. */
  readonly operand?: { readonly name: string; readonly countMax: number };
  /** Gives the exit code. A command that goes on in the background keeps the process alive. */
  run(
    values: OptionValues,
    context: Context,
    operands: readonly string[],
  ): number | Promise<number>;
}
