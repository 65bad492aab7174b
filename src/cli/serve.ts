import type { RunningServer } from '../server.ts';
import { packageVersion } from '../version.ts';
import type { Command, Context } from './context.ts';
import { loadFor } from './load.ts';
import type { OptionValues } from './option.ts';
import { startLines } from './start-lines.ts';

/** `raceway serve` */
export const serve: Command = {
  name: 'serve',
  summary: 'start the server',
  description:
    'Starts the server and runs until SIGTERM or SIGINT, when it stores and answers what it has\n' +
    'taken and exits with 0. The log goes to standard output as lines of JSON.',
  options: ['config', 'host', 'port'],
  run: startServing,
};

async function startServing(values: OptionValues, context: Context): Promise<number> {
  const { signals } = context;
  const loaded = loadFor(values, context);
  const { config } = loaded;
  // Loaded here, so that no other command pays for the whole server.
  const [{ createLog }, { startServer }] = await Promise.all([
    import('../log.ts'),
    import('../server.ts'),
  ]);
  const log = createLog(config.logging, context.logDestination);
  signals.onCrash((error) => log.fatal({ err: error }, 'the server ends: nobody caught an error'));
  let running: RunningServer | null = null;
  signals.onHangUp(() => {
    running?.reloadCertificate();
    log.warn('keys reload is not supported, restart');
  });
  // Said twice, because a log level may hide them there, and a collector does not read the other.
  for (const { level, text } of loaded.notes) {
    log[level](text);
    if (level === 'warn') context.tell(`WARNING: ${text}`);
  }
  signals.onStop(async (signal) => {
    log.info({ signal }, 'stopping');
    // Before the server listens there is nobody to be answered.
    await running?.close();
    log.info('stopped');
  });
  running = await startServer(config, log);
  const { url } = running;
  const { backend } = config.storage;
  const version = packageVersion();
  log.info({ version, url, storage: backend, auth: config.server.auth_enabled }, 'listening');
  for (const line of startLines(config, url, version)) context.tell(line);
  return 0;
}
