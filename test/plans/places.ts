import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { claimPlaces, derivedPlaces, linkPlaces } from './derived-places.ts';
import { erasurePlaces } from './erasure-places.ts';
import { eventPlaces, keyPlaces, latencyPlaces } from './event-places.ts';
import { alertPlaces, issuePlaces, triagePlaces, variablePlaces } from './issue-places.ts';
import { glancePlaces, listPlaces, tagPlaces } from './list-places.ts';
import { aside, type Places } from './place.ts';
import { partitionPlaces, sealPlaces } from './seal-places.ts';

/** The place of every statement, by the file that it stands in. */
export const places: Readonly<Record<string, Places>> = {
  'alert-queries': alertPlaces,
  'claim-queries': claimPlaces,
  'derived-queries': derivedPlaces,
  'erasure-queries': erasurePlaces,
  'event-queries': eventPlaces,
  'fact-queries': { selectConnectionFacts: aside },
  'glance-queries': glancePlaces,
  'grant-queries': {
    appRole: null,
    analystRole: null,
    selectGrantNames: aside,
    grantScript: aside,
  },
  'issue-filter-queries': {
    EVIDENCE: null,
    PATTERN: null,
    firstSeenOf: null,
    IS_LIVE: null,
    STATE: null,
    LOCATIONS: null,
    filterConditions: null,
  },
  'issue-queries': issuePlaces,
  'key-queries': keyPlaces,
  'latency-queries': latencyPlaces,
  'link-queries': linkPlaces,
  'list-queries': listPlaces,
  'partition-queries': partitionPlaces,
  'receipt-queries': { RECEIVED_NS: null, NOT_PINNED: null },
  'replica-queries': { selectMoment: aside, selectStanding: aside },
  'schema-queries': {
    selectSchemaPresence: aside,
    selectEncoding: aside,
    selectMigrations: aside,
    insertMigration: aside,
    lockMigrations: aside,
    selectTables: aside,
    selectGrants: aside,
    writeProbe: aside,
    selectMissingRights: aside,
  },
  'seal-queries': sealPlaces,
  'tag-queries': tagPlaces,
  'target-queries': { selectIsTarget: aside },
  'triage-queries': triagePlaces,
  'variable-queries': variablePlaces,
};

const storage = new URL('../../src/storage/', import.meta.url);

/** What each file of statements exports, by the name of the file. */
export async function exportedNames(): Promise<Record<string, readonly string[]>> {
  const files = readdirSync(fileURLToPath(storage), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('queries.ts'))
    .sort();
  const named = files.map(async (file) => {
    const module: object = await import(new URL(file, storage).href);
    return [basename(file, '.ts'), Object.keys(module).sort()] as const;
  });
  return Object.fromEntries(await Promise.all(named));
}
