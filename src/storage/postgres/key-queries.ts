import type { KeyNote, KeySighting } from '../storage.ts';
import type { Query } from './connection/query.ts';

/** Hexadecimal digits of a digest that are kept; see the migration. */
const digestDigits = 16;

/** What is known of a key. */
export interface SightingRow {
  readonly digest_start: string;
  readonly first_seen_at_ms: string;
  readonly last_used_at_ms: string | null;
}

/** Notes keys and gives their sightings. In order, so that two instances never wait for each other. */
export function mergeKeySightings(notes: readonly KeyNote[], nowMs: number): Query {
  const rows = notes.map(({ digest, usedAtMs }) => ({
    digest_start: digest.slice(0, digestDigits),
    used_at: usedAtMs === null ? null : new Date(usedAtMs).toISOString(),
  }));
  return {
    text: `
      INSERT INTO key_sightings AS known (digest_start, first_seen_at, last_used_at)
      SELECT digest_start, $2::timestamptz, used_at
      FROM json_to_recordset($1::json) AS note (digest_start text, used_at timestamptz)
      ORDER BY digest_start COLLATE "C"
      ON CONFLICT (digest_start) DO UPDATE SET
        last_used_at = greatest(known.last_used_at, excluded.last_used_at)
      RETURNING digest_start, extract(epoch FROM first_seen_at) * 1000 AS first_seen_at_ms,
        extract(epoch FROM last_used_at) * 1000 AS last_used_at_ms`,
    values: [JSON.stringify(rows), new Date(nowMs).toISOString()],
  };
}

/** When keys were first seen and last used: rows as of {@link mergeKeySightings}. */
export function selectKeySightings(digests: readonly string[]): Query {
  return {
    text: `
      SELECT digest_start, extract(epoch FROM first_seen_at) * 1000 AS first_seen_at_ms,
        extract(epoch FROM last_used_at) * 1000 AS last_used_at_ms
      FROM key_sightings WHERE digest_start = ANY ($1)`,
    values: [digests.map((digest) => digest.slice(0, digestDigits))],
  };
}

/** The sightings of those keys, by their whole digests. */
export function keySightingsOf(
  notes: readonly Pick<KeyNote, 'digest'>[],
  rows: readonly SightingRow[],
): Map<string, KeySighting> {
  const byStart = new Map(
    rows.map((row) => [
      row.digest_start,
      {
        firstSeenAtMs: Math.floor(Number(row.first_seen_at_ms)),
        lastUsedAtMs: row.last_used_at_ms === null ? null : Math.floor(Number(row.last_used_at_ms)),
      },
    ]),
  );
  return new Map(
    notes.flatMap(({ digest }) => {
      const sighting = byStart.get(digest.slice(0, digestDigits));
      return sighting === undefined ? [] : [[digest, sighting] as const];
    }),
  );
}
