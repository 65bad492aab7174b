import { type SingleConnectionOptions, withConnection } from '../connection/single-connection.ts';
import { keySightingsOf, selectKeySightings } from '../key-queries.ts';
import { refuseOtherEncoding } from './encoding.ts';
import { selectConnectionFacts } from './fact-queries.ts';
import { neededRights } from './rights.ts';
import { selectMissingRights } from './schema-queries.ts';

/** What a check-up wants to know of the database, from the connection of the server. */
export interface DatabaseFacts {
  readonly user: string;
  readonly isEncrypted: boolean;
  readonly isSuperuser: boolean;
  /** May change the schema: by the right to create tables, or as the owner of Raceway's. */
  readonly mayChangeSchema: boolean;
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
    const [row = []] = await session(selectConnectionFacts);
    const [user, isEncrypted, isSuperuser, mayCreate, isOwner] = row;
    const missing = await session(selectMissingRights(neededRights));
    // Nothing is known of keys before the first start of a server.
    const sightings = await session(selectKeySightings(digests)).catch(() => []);
    const notes = digests.map((digest) => ({ digest }));
    return {
      user: String(user),
      isEncrypted: isEncrypted === true,
      isSuperuser: isSuperuser === true,
      mayChangeSchema: mayCreate === true || isOwner === true,
      missingRights: missing.map(([table, right]) => `${right} ON ${table}`),
      firstSeenAtMs: new Map(
        [...keySightingsOf(notes, sightings)].map(([digest, seen]) => [digest, seen.firstSeenAtMs]),
      ),
    };
  });
}
