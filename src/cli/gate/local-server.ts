import { loadConfig } from '../../config/load.ts';
import type { RunningServer } from '../../server.ts';
import type { Context } from '../context.ts';

/**
 * A server in memory on a free port of this machine, without a key: it answers to addresses of this
 * machine alone. It has nothing of the configuration of a server that is installed here.
 */
export async function startLocalServer({ cwd, tell }: Context): Promise<RunningServer> {
  const [{ createLog }, { startServer }] = await Promise.all([
    import('../../log.ts'),
    import('../../server.ts'),
  ]);
  const { config } = loadConfig({
    file: null,
    host: '127.0.0.1',
    port: 0,
    environment: { RACEWAY_LOGGING_LEVEL: 'error' },
    cwd,
  });
  const log = createLog(config.logging, { write: (line) => tell(line.trimEnd()) });
  return startServer(config, log);
}
