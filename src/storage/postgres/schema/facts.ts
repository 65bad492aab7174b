import { type SingleConnectionOptions, withConnection } from '../connection/single-connection.ts';
import { keySightingsOf, type SightingRow, selectKeySightings } from '../key-queries.ts';
import { readBytesBehind, readMoment } from '../replica-reads.ts';
import { refuseOtherEncoding } from './encoding.ts';
import { type ConnectionFactsRow, selectConnectionFacts } from './fact-queries.ts';
import { neededRights } from './rights.ts';
import { type MissingRightRow, selectMissingRights } from './schema-queries.ts';

/** What a check-up wants to know of a replica. */
export interface ReplicaFacts {
  /** Of the log of the database, when both were asked. */
  readonly bytesBehind: number;
  /** Rights that readers need and its user lacks. */
  readonly missingRights: readonly string[];
}

/** What a check-up wants to know of the database, from the connection of the server. */
export interface DatabaseFacts {
  readonly user: string;
  readonly isEncrypted: boolean;
  readonly isSuperuser: boolean;
  /** May change the schema: by the right to create tables, or as the owner of Raceway's. */
  readonly mayChangeSchema: boolean;
  /** May take events from their table, which sealing does. */
  readonly maySeal: boolean;
  /** Rights that the server needs and the user lacks, as in `INSERT ON traces`. */
  readonly missingRights: readonly string[];
  /** When this database was first told of a key, in milliseconds, by the digest of the key. */
  readonly firstSeenAtMs: ReadonlyMap<string, number>;
}

/**
 * @param digests SHA-256 of the keys of the server, in hex
 * @throws {RacewayError} when the database is away or refuses
 */
export function readDatabaseFacts(
  options: SingleConnectionOptions,
  digests: readonly string[],
): Promise<DatabaseFacts> {
  return withConnection(options, async (session) => {
    await refuseOtherEncoding(session);
    const [row] = await session.named<ConnectionFactsRow>(selectConnectionFacts);
    const missing = await session.named<MissingRightRow>(selectMissingRights(neededRights));
    // Nothing is known of keys before the first start of a server.
    const sightings = await session.named<SightingRow>(selectKeySightings(digests)).catch(() => []);
    const notes = digests.map((digest) => ({ digest }));
    return {
      user: row?.user_name ?? '',
      isEncrypted: row?.is_encrypted === true,
      isSuperuser: row?.is_superuser === true,
      mayChangeSchema: row?.may_create === true || row?.owns_tables === true,
      maySeal: row?.may_seal === true,
      missingRights: missing.map(rightText),
      firstSeenAtMs: new Map(
        [...keySightingsOf(notes, sightings)].map(([digest, seen]) => [digest, seen.firstSeenAtMs]),
      ),
    };
  });
}

/**
 * @throws {RacewayError} when one of both is away, or the second is no replica of the first
 */
export async function readReplicaFacts(
  options: SingleConnectionOptions,
  replica: SingleConnectionOptions,
): Promise<ReplicaFacts> {
  const moment = await withConnection(options, readMoment);
  const reading = neededRights.filter(([, right]) => right === 'SELECT');
  return withConnection(replica, async (session) => {
    const bytesBehind = await readBytesBehind(session, moment);
    const missing = await session.named<MissingRightRow>(selectMissingRights(reading));
    return { bytesBehind, missingRights: missing.map(rightText) };
  });
}

function rightText({ table_name: table, privilege }: MissingRightRow): string {
  return `${privilege} ON ${table}`;
}
