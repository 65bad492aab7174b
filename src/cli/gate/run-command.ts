import { createWriteStream } from 'node:fs';
import { constants } from 'node:os';
import { resolve } from 'node:path';
import { finished } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { RacewayError } from '../../domain/errors.ts';
import { numberOf } from '../../domain/json.ts';
import type { RunningServer } from '../../server.ts';
import type { Command, Context } from '../context.ts';
import { type RaceList, readRaces } from '../race-list.ts';
import type { Server } from '../server-client.ts';
import { readData } from '../server-data.ts';
import { downloadExport } from '../transfer/export-stream.ts';
import { type RunningCommand, startCommand } from './child-command.ts';
import { childEnvironment } from './child-environment.ts';
import { analysisMsMax, conclude, evidenceRead } from './conclude.ts';
import { gateOptions, gateSettings } from './gate-settings.ts';
import { startLocalServer } from './local-server.ts';

/** A test that is run more often than this is a load test. */
const repetitionsMax = 1000;

/** `raceway run -- COMMAND` */
export const runCommand: Command = {
  name: 'run',
  summary: 'run a test command and fail it for the races that it shows',
  description:
    'Starts a server in memory on a free port, runs the command with the variables that SDKs and\n' +
    'OpenTelemetry read (docs/gate.md), passes its output and exit code through, and prints the races\n' +
    'of its traces. Exit code 3 when one at or above --fail-on is not in the baseline; that of the\n' +
    'command when it failed; 1 when the analysis did not end.',
  options: [...gateOptions, 'repeat', 'save'],
  operand: { name: '-- COMMAND', countMax: 10_000 },
  async run(values, context, words) {
    const settings = gateSettings(values, context);
    const repetitions = repetitionsOf(values.repeat);
    const server = await startLocalServer(context);
    try {
      const target: Server = { url: new URL(server.url), key: null, ca: undefined };
      const code = await runAll(words, repetitions, server, context);
      const wanted = { evidence: evidenceRead(settings.failOn) };
      const list = await readRaces(target, wanted, analysisMsMax);
      const doubts = await doubtsOf(target);
      if (values.save !== undefined) await save(target, resolve(context.cwd, values.save));
      const raceCode = conclude(withDoubts(list, doubts), settings, context);
      return code === 0 ? raceCode : code;
    } finally {
      await server.close();
    }
  },
};

function repetitionsOf(text = '1'): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= repetitionsMax) return count;
  const message = `--repeat must be a whole number from 1 to ${repetitionsMax}`;
  throw new RacewayError('bad_request', message);
}

/** Runs the command until it fails, as often as wanted; gives the exit code of the last run. */
async function runAll(
  words: readonly string[],
  repetitions: number,
  server: RunningServer,
  context: Context,
): Promise<number> {
  const environment = childEnvironment(context.environment, server.url);
  let command: RunningCommand | null = null;
  context.signals.onStop(async (signal) => {
    command?.kill(signal);
    await command?.ended;
    await server.close();
    return 128 + constants.signals[signal];
  });
  for (let round = 1; round <= repetitions; round += 1) {
    if (repetitions > 1) context.tell(`raceway: run ${round} of ${repetitions}`);
    command = startCommand(words, { cwd: context.cwd, environment });
    const code = await command.ended;
    if (code !== 0) return code;
  }
  return 0;
}

/** What the server itself knows that keeps "no race" from being an answer. */
async function doubtsOf(target: Server): Promise<string[]> {
  const status = await readData(target, '/status');
  const { storage } = status;
  const evicted =
    typeof storage === 'object' && storage !== null && 'evicted_traces' in storage
      ? (numberOf(storage['evicted_traces']) ?? 0)
      : 0;
  const hasEvents = (numberOf(status['events_captured']) ?? 0) > 0;
  return [
    ...(evicted > 0 ? [`${evicted} traces did not fit into memory and were given up`] : []),
    ...(hasEvents
      ? []
      : ['no event arrived: nothing was looked at; docs/gate.md says which variables SDKs read']),
  ];
}

function withDoubts(list: RaceList, doubts: readonly string[]): RaceList {
  return { ...list, reservations: [...list.reservations, ...doubts] };
}

/** Keeps the events, as `raceway export` does. */
async function save(target: Server, path: string): Promise<void> {
  const file = createWriteStream(path, { mode: 0o600 });
  const ended = finished(file).catch((cause: NodeJS.ErrnoException) => {
    throw new RacewayError('bad_request', `${path} cannot be written (${cause.code})`, { cause });
  });
  const write = async (text: string) => {
    file.write(text);
  };
  await Promise.all([
    downloadExport(target, new URLSearchParams(), write, wait).finally(() => file.end()),
    ended,
  ]);
}
