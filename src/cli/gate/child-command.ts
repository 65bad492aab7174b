import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Environment } from '../../config/environment.ts';
import { RacewayError } from '../../domain/errors.ts';

/** A command that runs with the output and input of this process. */
export interface RunningCommand {
  /** Its exit code; 128 and the number of the signal that ended it, as shells say it. */
  readonly ended: Promise<number>;
  kill(signal: NodeJS.Signals): void;
}

/** Starts a command. `ended` rejects with a {@link RacewayError} when it cannot be started. */
export function startCommand(
  [program = '', ...words]: readonly string[],
  { cwd, environment }: { readonly cwd: string; readonly environment: Environment },
): RunningCommand {
  const child = spawn(program, words, { cwd, env: environment, stdio: 'inherit' });
  return { ended: endOf(child, program), kill: (signal) => child.kill(signal) };
}

function endOf(child: ChildProcess, program: string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.on('error', (cause: NodeJS.ErrnoException) => {
      const message = `${program} cannot be started (${cause.code ?? cause.message})`;
      reject(new RacewayError('bad_request', message, { cause }));
    });
    child.on('exit', (code, signal) => {
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}
