import { storageBackends } from '../../domain/storage-backend.ts';
import {
  flag,
  optionalFolder,
  optionalSecret,
  optionalWholeNumber,
  optionalWord,
  table,
  wholeNumber,
} from './key.ts';

const mebibyte = 1024 * 1024;

const memory = table({
  max_bytes: optionalWholeNumber(
    {
      min: mebibyte,
      max: 1024 * 1024 * mebibyte,
      unset: '512 MiB, or three eighths of what the process may take beside its program',
      example: '536_870_912',
    },
    'Memory for stored events, in bytes; half of what the process may take beside its program at most. When it is full, the traces written least recently are given up, of services that have more than half of an equal share.',
  ),
  directory: optionalFolder(
    { unset: 'nothing is kept beyond the process', example: '"/var/lib/raceway"' },
    'Folder that keeps what is in memory, so that it is there again after a restart, a kill or a loss of power: nothing is acknowledged before it is on disk. Of one server alone. Needs the package `classic-level`.',
  ),
});

const postgres = table({
  connection_string: optionalSecret(
    {
      expects: 'a text such as "postgresql://user:password@host:5432/database?sslmode=verify-full"',
      unset: 'no database',
      example:
        '"postgresql://raceway_app:$' +
        '{DATABASE_PASSWORD}@db.internal:5432/raceway?sslmode=verify-full"',
    },
    'Connection URL: postgresql://user:password@host:5432/database?sslmode=verify-full. Better kept in RACEWAY_POSTGRES_CONNECTION than in a file.',
  ),
  read_connection: optionalSecret(
    {
      expects:
        'a text such as "postgresql://user:password@replica:5432/database?sslmode=verify-full"',
      unset: 'readers are answered by the database that is written',
      example:
        '"postgresql://raceway_app:$' +
        '{DATABASE_PASSWORD}@db-replica.internal:5432/raceway?sslmode=verify-full"',
    },
    'Connection URL of a streaming replica of the same database, which answers readers as soon as it has replayed what was stored before they asked; otherwise the database itself does. See docs/scaling.md.',
  ),
  max_connections: wholeNumber(
    { min: 1, max: 1000, byDefault: 10 },
    'Most connections to the database, and to its replica each.',
  ),
  min_connections: wholeNumber(
    { min: 0, max: 1000, byDefault: 2 },
    'Connections kept open when idle.',
  ),
  connection_timeout_seconds: wholeNumber(
    { min: 1, max: 600, byDefault: 30 },
    'Longest wait for a connection, in seconds.',
  ),
  start_timeout_seconds: wholeNumber(
    { min: 0, max: 3600, byDefault: 60 },
    'Longest wait for a database that is away when the server starts, in seconds. 0 ends the start at once.',
  ),
  auto_migrate: flag(
    true,
    'Bring the database schema up to date at the start, if the role may; otherwise run `raceway migrate`.',
  ),
  seal_after_minutes: wholeNumber(
    { min: 0, max: 525_600, byDefault: 0 },
    'Minutes after the receipt of its last event when a trace that is analysed is sealed: its events become one compressed document, in a partition for the day. 0 seals nothing. Asks for the right DELETE on `events`. See docs/scaling.md.',
  ),
});

/** Where events are kept, and how long. */
export const storage = table({
  backend: optionalWord(
    [...storageBackends, 'supabase'],
    'postgres if there is a connection string, else memory',
    'Where events are kept: `memory` (gone when the process ends, unless `storage.memory.directory` keeps it), `postgres`, or `supabase` (the same as postgres).',
  ),
  retention_days: optionalWholeNumber(
    { min: 1, max: 36_500, unset: 'everything is kept', example: '30' },
    'Days after the receipt of its last event when a trace is erased with everything derived from it. Postgres asks for the right DELETE.',
  ),
  retention_grace_hours: wholeNumber(
    { min: 0, max: 8760, byDefault: 24 },
    'How long a server that has just started waits before retention takes everything, in hours: nothing may have come for that long, or the clock may be wrong.',
  ),
  memory,
  postgres,
});
