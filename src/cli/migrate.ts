import type { SingleConnectionOptions } from '../storage/postgres/connection/single-connection.ts';
import type { Command, Context } from './context.ts';
import { loadFor } from './load.ts';

/** `raceway migrate` */
export const migrate: Command = {
  name: 'migrate',
  summary: 'bring the database schema up to date',
  description:
    'Applies the migrations that the Postgres database lacks. Run it as the owner of the database\n' +
    'when the role of the server may not create tables. Running it again does nothing.\n' +
    'With --grants it prints an SQL script and changes nothing; the roles are raceway_app for the\n' +
    'server and raceway_readonly for people with SQL.',
  options: ['config', 'grants', 'apply'],
  async run({ grants, apply, ...values }, context) {
    if (apply === true && grants !== true) {
      context.tell('raceway: --apply belongs to --grants; migrations are applied without it');
      return 2;
    }
    const { storage } = loadFor(values, context).config;
    const { connection, connection_timeout_seconds: connectionTimeoutSeconds } = storage.postgres;
    if (connection === null) {
      context.tell(
        'raceway: there is no database to migrate, storage.backend is memory; ' +
          'set RACEWAY_POSTGRES_CONNECTION',
      );
      return 1;
    }
    const options = { connection, connectionTimeoutSeconds };
    const { applyGrants, readGrantScript } = await import('../storage/postgres/schema/grants.ts');
    if (grants === true && apply !== true) {
      context.print(await readGrantScript(options));
      return 0;
    }
    await applyMissing(options, context);
    if (grants === true) {
      await applyGrants(options);
      context.print('The roles raceway_app and raceway_readonly have their rights.');
      context.tell('Set their passwords with psql: \\password raceway_app');
    }
    return 0;
  },
};

async function applyMissing(options: SingleConnectionOptions, context: Context): Promise<void> {
  const { migrate: applyMigrations } = await import('../storage/postgres/schema/migrate.ts');
  for (const name of await applyMigrations(options)) context.print(`applied ${name}`);
  context.print('The database is up to date.');
}
