import type { Command } from './context.ts';
import { loadFor } from './load.ts';

/** `raceway migrate` */
export const migrate: Command = {
  name: 'migrate',
  summary: 'bring the database schema up to date',
  description:
    'Applies the migrations that the Postgres database lacks. Run it as the owner of the database\n' +
    'when the role of the server may not create tables. Running it again does nothing.',
  options: ['config'],
  async run(values, context) {
    const { storage } = loadFor(values, context).config;
    const { connection, connection_timeout_seconds: connectionTimeoutSeconds } = storage.postgres;
    if (connection === null) {
      context.tell(
        'raceway: there is no database to migrate, storage.backend is memory; ' +
          'set RACEWAY_POSTGRES_CONNECTION',
      );
      return 1;
    }
    const { migrate: applyMigrations } = await import('../storage/postgres/migrate.ts');
    const applied = await applyMigrations({ connection, connectionTimeoutSeconds });
    for (const name of applied) context.print(`applied ${name}`);
    context.print('The database is up to date.');
    return 0;
  },
};
