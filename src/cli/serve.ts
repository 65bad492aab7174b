import type { RunningServer } from '../server.ts';
import { packageVersion } from '../version.ts';
import type { Command, Context } from './context.ts';
import { KeyReload, keyPollMs } from './key-reload.ts';
import { loadFor } from './load.ts';
import type { OptionValues } from './option.ts';
import { startLines } from './start-lines.ts';

/** `raceway serve` */
export const serve: Command = {
  name: 'serve',
  summary: 'start the server',
  description:
    'Starts the server and runs until SIGTERM, SIGINT or SIGQUIT, when it stores and answers what it has\n' +
    'taken and exits with 0. The log goes to standard output as lines of JSON.',
  options: ['config', 'host', 'port', 'otlp-http-port', 'otlp-grpc-port'],
  run: startServing,
};

async function startServing(values: OptionValues, context: Context): Promise<number> {
  const { signals } = context;
  const loaded = loadFor(values, context);
  const { config } = loaded;
  // Loaded here, so that no other command pays for the whole server.
  const [{ createLog, LogLines, logOf }, { openStandardOutput }, { startServer }] =
    await Promise.all([import('../log.ts'), import('../log-output.ts'), import('../server.ts')]);
  const output = context.logOutput ?? openStandardOutput();
  const lines = new LogLines(output);
  const wholeLog = createLog(config.logging, lines);
  const log = logOf(wholeLog, 'cli');
  signals.onCrash((error) => log.fatal({ err: error }, 'the server ends: nobody caught an error'));
  let running: RunningServer | null = null;
  let keys: KeyReload | null = null;
  signals.onHangUp(() => {
    running?.reloadCertificate();
    running?.reopenAudit();
    keys?.reload();
  });
  // Said twice, because a log level may hide them there, and a collector does not read the other.
  const configLog = logOf(wholeLog, 'config');
  for (const { level, text } of loaded.notes) {
    configLog[level](text);
    if (level === 'warn') context.tell(`WARNING: ${text}`);
  }
  signals.onStop(async (signal) => {
    log.info({ signal }, 'stopping');
    // Before the server listens there is nobody to be answered.
    await running?.close();
    log.info('stopped');
    await output.finish();
    return 0;
  }, config.server.shutdown_delay_seconds * 1000);
  const server = await startServer(config, wholeLog, {
    output,
    droppedLines: () => lines.droppedLines,
  });
  running = server;
  const reload = new KeyReload(loaded, {
    load: () => loadFor(values, context),
    log: logOf(wholeLog, 'keys'),
    apply: (settings) => server.replaceKeys(settings),
  });
  keys = reload;
  setInterval(() => reload.poll(), keyPollMs).unref();
  const { url } = server;
  const { backend } = config.storage;
  const version = packageVersion();
  log.info({ version, url, storage: backend, auth: config.server.auth_enabled }, 'listening');
  for (const line of startLines(config, server, version)) context.tell(line);
  return 0;
}
