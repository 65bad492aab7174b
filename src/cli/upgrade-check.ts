import { pass, type Remark, remark, remarkLines } from '../checkup/remark.ts';
import { type SchemaState, schemaRemark, versionRemark } from '../checkup/upgrade.ts';
import type { Config } from '../config/schema.ts';
import { RacewayError } from '../domain/errors.ts';
import { packageVersion } from '../version.ts';
import type { Command } from './context.ts';
import { loadFor } from './load.ts';
import { type Server, send, serverOf, textOf } from './server-client.ts';

/** `raceway upgrade-check` */
export const upgradeCheck: Command = {
  name: 'upgrade-check',
  summary: 'tell what it means to replace a running version by this one',
  description:
    'Run it from the new version, with the configuration of the server that is to be replaced. Tells\n' +
    'whether the configuration is still understood, which migrations the database lacks and who\n' +
    'applies them; with --server, what the step from the version that runs there means. Changes\n' +
    'nothing. Exit code 1 when something must be done first.',
  options: ['config', 'server', 'key', 'ca'],
  async run(values, context) {
    const loaded = loadFor(values, context);
    for (const { level, text } of loaded.notes) if (level === 'warn') context.tell(text);
    const remarks: Remark[] = [pass('configuration', 'this version understands it')];
    remarks.push(schemaRemark(await schemaState(loaded.config)));
    if (values.server !== undefined) {
      remarks.push(await runningVersionRemark(serverOf(values, context)));
    }
    context.print(remarkLines(remarks));
    return remarks.some(({ level }) => level === 'fail') ? 1 : 0;
  },
};

async function schemaState({ storage }: Config): Promise<SchemaState> {
  const { connection, auto_migrate: autoMigrate } = storage.postgres;
  if (storage.backend === 'memory' || connection === null) return { kind: 'memory' };
  const options = {
    connection,
    connectionTimeoutSeconds: storage.postgres.connection_timeout_seconds,
  };
  const [{ readPendingMigrations }, { readDatabaseFacts }] = await Promise.all([
    import('../storage/postgres/schema/migrate.ts'),
    import('../storage/postgres/schema/facts.ts'),
  ]);
  try {
    const pending = await readPendingMigrations(options);
    const { mayChangeSchema } = await readDatabaseFacts(options, []);
    return { kind: 'known', pending, migratesItself: autoMigrate && mayChangeSchema };
  } catch (error) {
    if (!(error instanceof RacewayError)) throw error;
    return { kind: error.code === 'unavailable' ? 'away' : 'refused', reason: error.message };
  }
}

async function runningVersionRemark(server: Server): Promise<Remark> {
  try {
    const answer = await send(server, '/status');
    const { data } = JSON.parse(await textOf(answer)) as { data: { version: string } | null };
    if (answer.statusCode === 200 && data !== null) {
      return versionRemark(data.version, packageVersion());
    }
    const fix = 'give a key that may read with RACEWAY_API_KEY';
    return remark('unknown', 'version', `/status answers with ${answer.statusCode}`, fix);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const fix = 'see whether --server is right';
    return remark(
      'unknown',
      'version',
      `${server.url.host} says nothing (${code ?? message})`,
      fix,
    );
  }
}
