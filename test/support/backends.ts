import { openMemoryStorage } from '../../src/storage/memory/memory-storage.ts';
import { openPostgresStorage } from '../../src/storage/postgres/open.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { freshSchema, poolOptions } from './postgres.ts';

/** A kind of storage that a statement has to hold for. */
export interface Backend {
  readonly name: string;
  /** An empty storage; whoever opens it closes it. */
  open(): Promise<Storage>;
}

export const memoryBackend: Backend = {
  name: 'memory',
  open: async () => openMemoryStorage({ maxBytes: 256 * 1024 * 1024 }),
};

/** Each storage in a schema of its own, which goes when the storage is closed. */
export const postgresBackend: Backend = {
  name: 'postgres',
  async open() {
    const schema = await freshSchema();
    const options = { ...poolOptions(schema.connection), autoMigrate: true };
    const storage = await openPostgresStorage(options);
    const close = storage.close.bind(storage);
    storage.close = async () => {
      await close();
      await schema.drop();
    };
    return storage;
  },
};

export const backends: readonly Backend[] = [memoryBackend, postgresBackend];
