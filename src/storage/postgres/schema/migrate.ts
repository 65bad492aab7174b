import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RacewayError } from '../../../domain/errors.ts';
import { sqlState } from '../connection/failure.ts';
import type { Session } from '../connection/session.ts';
import { type SingleConnectionOptions, withConnection } from '../connection/single-connection.ts';
import { refuseOtherEncoding } from './encoding.ts';
import {
  insertMigration,
  lockMigrations,
  selectGrants,
  selectMigrations,
  selectSchemaPresence,
  selectTables,
} from './schema-queries.ts';

/** One file of the migrations folder. */
export interface Migration {
  readonly name: string;
  readonly text: string;
  /** SHA-256 of the text, in hex. */
  readonly checksum: string;
}

/** 'raceway' in ASCII, as a number: the key of the advisory lock. */
const LOCK_KEY = String(0x72616365776179n);
/** How long DDL may wait for a table; whoever comes later waits behind it all that time. */
const DDL_LOCK_TIMEOUT_MS = 10_000;

export interface MigrateOptions extends SingleConnectionOptions {
  readonly migrations?: readonly Migration[];
}

/**
 * Applies the migrations that the database lacks, each in its own transaction, and gives their
 * names. Any number of instances may do so at once. Roles that hold rights on `events` get the same
 * on every new table.
 *
 * @throws {RacewayError} when the database is newer than this program, when an applied migration
 *   was changed, when the user may not create tables, or when the database is away.
 */
export async function migrate(options: MigrateOptions): Promise<string[]> {
  const migrations = options.migrations ?? readMigrations();
  return withConnection(options, async (session) => {
    await refuseOtherEncoding(session);
    const applied: string[] = [];
    for (;;) {
      const name = await applyNext(session, migrations);
      if (name === null) return applied;
      applied.push(name);
    }
  });
}

/**
 * The names of the migrations that a database lacks; changes nothing.
 *
 * @throws {RacewayError} when this program may not run on it, or when it is away
 */
export async function readPendingMigrations(options: MigrateOptions): Promise<string[]> {
  const migrations = options.migrations ?? readMigrations();
  return withConnection(options, async (session) => {
    await refuseOtherEncoding(session);
    const applied = await appliedMigrations(session);
    refuseOtherMigrations(migrations, applied);
    return pendingMigrations(migrations, applied).map(({ name }) => name);
  });
}

/** What was applied to a database: names of migrations and their checksums. */
export async function appliedMigrations(session: Session): Promise<Map<string, string>> {
  const [presence] = await session(selectSchemaPresence);
  if (presence?.[0] !== true) return new Map();
  try {
    return new Map((await session(selectMigrations)) as [string, string][]);
  } catch (error) {
    throw sqlState(error) === '42703' ? somebodyElses('schema_migrations', error) : error;
  }
}

function somebodyElses(what: string, cause: unknown): RacewayError {
  const message = `${what} is there already and is not Raceway's; give it a database or schema of its own`;
  return new RacewayError('internal', message, { cause });
}

/** The migrations that a database lacks. */
export function pendingMigrations(
  migrations: readonly Migration[],
  applied: ReadonlyMap<string, string>,
): readonly Migration[] {
  return migrations.filter((migration) => !applied.has(migration.name));
}

/** @throws {RacewayError} when a database was made by other migrations than these */
export function refuseOtherMigrations(
  migrations: readonly Migration[],
  applied: ReadonlyMap<string, string>,
): void {
  const known = new Map(migrations.map((migration) => [migration.name, migration.checksum]));
  for (const [name, checksum] of applied) {
    if (!known.has(name)) {
      const message = `the database was made by a newer Raceway (migration ${name}); update this one`;
      throw new RacewayError('internal', message);
    }
    if (known.get(name) !== checksum) {
      const message =
        `migration ${name} is not what was applied to the database; ` +
        'restore the file of the release, migrations are never edited';
      throw new RacewayError('internal', message);
    }
  }
}

/** The files of the folder `migrations` beside package.json, in order. */
export function readMigrations(): readonly Migration[] {
  const folder = join(packageFolder(), 'migrations');
  return readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file) => {
      const text = readFileSync(join(folder, file), 'utf8');
      return { name: file.slice(0, -'.sql'.length), text, checksum: sha256(text) };
    });
}

/** The same folder from the source and from the build, which lies deeper. */
function packageFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    if (folder === dirname(folder)) throw new Error('the package of Raceway has no package.json');
    folder = dirname(folder);
  }
  return folder;
}

/** Line ends do not count: a checkout may change them. */
function sha256(text: string): string {
  return createHash('sha256').update(text.replaceAll('\r\n', '\n')).digest('hex');
}

/** Applies the first pending migration, if any, in a transaction of its own. */
async function applyNext(
  session: Session,
  migrations: readonly Migration[],
): Promise<string | null> {
  await session({
    text:
      'BEGIN; SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; ' +
      "SET LOCAL raceway.knows_sealed = 'yes'",
  });
  await session(lockMigrations(LOCK_KEY));
  const already = await appliedMigrations(session);
  refuseOtherMigrations(migrations, already);
  const [next] = pendingMigrations(migrations, already);
  if (next !== undefined) {
    await session({ text: `SET LOCAL lock_timeout = ${DDL_LOCK_TIMEOUT_MS}` });
    await apply(session, next);
  }
  await session({ text: 'COMMIT' });
  return next?.name ?? null;
}

async function apply(session: Session, migration: Migration): Promise<void> {
  try {
    const before = await session(selectTables);
    await session({ text: migration.text });
    const known = new Set(before.map(([table]) => table));
    const tables = (await session(selectTables)).map(([table]) => table as string);
    const grants = await session(selectGrants(tables.filter((table) => !known.has(table))));
    for (const [statement] of grants) await session({ text: statement as string });
    await session(insertMigration(migration.name, migration.checksum));
  } catch (error) {
    throw migrationFailure(error, migration.name);
  }
}

function migrationFailure(error: unknown, name: string): unknown {
  const state = sqlState(error);
  if (state === '42501' || state === '3F000') {
    const message =
      `the database lacks migration ${name}, and its user may not create or change tables ` +
      `(SQLSTATE ${state}); run \`raceway migrate\` as the owner of the database`;
    return new RacewayError('missing_database_right', message, { cause: error });
  }
  if (state === '42P07') {
    return somebodyElses(`a table that migration ${name} makes`, error);
  }
  return error;
}
