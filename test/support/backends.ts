import type { TestContext } from 'node:test';
import { type Exclusion, nothingExcluded } from '../../src/domain/exclusion.ts';
import { CLAIM_SECONDS } from '../../src/storage/derived.ts';
import { openMemoryStorage } from '../../src/storage/memory/open.ts';
import type { PostgresConnection } from '../../src/storage/postgres/connection/connection.ts';
import { openPostgresStorage } from '../../src/storage/postgres/open.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { freshSchema, poolOptions, run } from './postgres.ts';

/** A kind of storage that a statement has to hold for. */
export interface Backend {
  readonly name: string;
  /** An empty storage, which leaves some requests out of durations; whoever opens it closes it. */
  open(exclusion?: Exclusion): Promise<Storage>;
  /** Lets the claims on traces run out, as they do when nobody answers them for {@link CLAIM_SECONDS}. */
  letClaimsRunOut(storage: Storage, t: TestContext): Promise<void>;
}

export const memoryBackend: Backend = {
  name: 'memory',
  open: async (exclusion = nothingExcluded) =>
    openMemoryStorage({ maxBytes: 256 * 1024 * 1024, exclusion }),
  async letClaimsRunOut(_storage, { mock }) {
    const now = Date.now() + CLAIM_SECONDS * 1000;
    mock.timers.reset();
    mock.timers.enable({ apis: ['Date'], now });
  },
};

/** Where each open storage has its tables. */
const connections = new WeakMap<Storage, PostgresConnection>();

/** Each storage in a schema of its own, which goes when the storage is closed. */
export const postgresBackend: Backend = {
  name: 'postgres',
  async open(exclusion = nothingExcluded) {
    const schema = await freshSchema();
    const options = { ...poolOptions(schema.connection), autoMigrate: true, exclusion };
    const storage = await openPostgresStorage(options);
    connections.set(storage, schema.connection);
    const close = storage.close.bind(storage);
    storage.close = async () => {
      await close();
      await schema.drop();
    };
    return storage;
  },
  async letClaimsRunOut(storage) {
    const connection = connections.get(storage);
    if (connection === undefined) throw new Error('the storage is not one of these');
    const past = "now() - interval '1 second'";
    await run(
      connection,
      `UPDATE traces SET claimed_until = ${past} WHERE claimed_until IS NOT NULL`,
    );
  },
};

export const backends: readonly Backend[] = [memoryBackend, postgresBackend];
