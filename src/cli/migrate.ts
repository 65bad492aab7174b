import type { Config } from '../config/schema.ts';
import type { SingleConnectionOptions } from '../storage/postgres/connection/single-connection.ts';
import type { SealStep } from '../storage/seal-store.ts';
import { Sealer } from '../storage/sealer.ts';
import type { Command, Context } from './context.ts';
import { loadFor } from './load.ts';

/** From one line of progress to the next. */
const PROGRESS_MS = 5000;

/** `raceway migrate` */
export const migrate: Command = {
  name: 'migrate',
  summary: 'bring the database schema up to date',
  description:
    'Applies the migrations that the Postgres database lacks. Run it as the owner of the database\n' +
    'when the role of the server may not create tables. Running it again does nothing.\n' +
    'With --grants it prints an SQL script and changes nothing; the roles are raceway_app for the\n' +
    'server and raceway_readonly for people with SQL.\n' +
    'With storage.postgres.seal_after_minutes it also makes the partitions of the next 30 days, and with\n' +
    '--seal it seals what is due: servers go on meanwhile, and whoever breaks it off runs it again.',
  options: ['config', 'grants', 'apply', 'seal'],
  async run({ grants, apply, seal, ...values }, context) {
    if (apply === true && grants !== true) {
      context.tell('raceway: --apply belongs to --grants; migrations are applied without it');
      return 2;
    }
    const { config } = loadFor(values, context);
    const { storage } = config;
    const afterMinutes = storage.postgres.seal_after_minutes || null;
    if (seal === true && afterMinutes === null) {
      context.tell('raceway: --seal seals nothing while storage.postgres.seal_after_minutes is 0');
      return 2;
    }
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
    if (afterMinutes !== null) await makePartitions(options, context);
    if (grants === true) {
      await applyGrants(options);
      context.print('The roles raceway_app and raceway_readonly have their rights.');
      context.tell('Set their passwords with psql: \\password raceway_app');
    }
    return seal === true ? sealDue(config, options, context) : 0;
  },
};

async function applyMissing(options: SingleConnectionOptions, context: Context): Promise<void> {
  const { migrate: applyMigrations } = await import('../storage/postgres/schema/migrate.ts');
  for (const name of await applyMigrations(options)) context.print(`applied ${name}`);
  context.print('The database is up to date.');
}

async function makePartitions(options: SingleConnectionOptions, context: Context): Promise<void> {
  const { preparePartitions } = await import('../storage/postgres/sealed/prepare.ts');
  const days = await preparePartitions(options, Date.now());
  if (days.length > 0) {
    context.print(`made partitions of sealed traces for ${days.length} days, up to ${days.at(-1)}`);
  }
}

/** Seals all that is due; gives the exit code. */
async function sealDue(
  { storage, race_detection: races, distributed_tracing: spans }: Config,
  options: SingleConnectionOptions,
  context: Context,
): Promise<number> {
  const { openPostgresStorage } = await import('../storage/postgres/open.ts');
  const pool = { ...options, maxConnections: 2, minConnections: 0, autoMigrate: false };
  const opened = await openPostgresStorage(pool);
  const log = { info() {}, warn() {}, error() {} };
  const sealer = new Sealer(
    opened.seals,
    {
      afterMinutes: storage.postgres.seal_after_minutes,
      isAnalysed: races.enabled || spans.enabled,
    },
    log,
  );
  let toldMs = 0;
  const tellProgress = ({ next }: SealStep) => {
    if (next === null || performance.now() - toldMs < PROGRESS_MS) return;
    toldMs = performance.now();
    const { sealedTraces, sealedEvents } = sealer.state;
    const until = new Date(Number(next.receivedNs / 1_000_000n)).toISOString();
    context.tell(`sealed ${sealedTraces} traces, ${sealedEvents} events; received until ${until}`);
  };
  try {
    await sealer.run(tellProgress);
  } finally {
    await opened.close();
  }
  const { sealedTraces, sealedEvents, waiting, fault } = sealer.state;
  context.print(`Sealed ${sealedTraces} traces, ${sealedEvents} events.`);
  const reason = fault ?? waiting;
  if (reason !== null) context.tell(`raceway: not all that was due is sealed: ${reason}`);
  return reason === null ? 0 : 1;
}
