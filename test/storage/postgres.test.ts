import { openPostgresStorage } from '../../src/storage/postgres/open.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { freshDatabase } from '../support/postgres.ts';
import { storageContract } from './contract.ts';

storageContract('postgres', async (): Promise<Storage> => {
  const database = await freshDatabase();
  const storage = await openPostgresStorage({
    connection: database.connection,
    maxConnections: 5,
    minConnections: 0,
    connectionTimeoutSeconds: 10,
    autoMigrate: true,
  });
  const close = storage.close.bind(storage);
  storage.close = async () => {
    await close();
    await database.drop();
  };
  return storage;
});
