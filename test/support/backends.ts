import type { TestContext } from 'node:test';
import { type Exclusion, nothingExcluded } from '../../src/domain/exclusion.ts';
import { CLAIM_SECONDS } from '../../src/storage/derived.ts';
import { openMemoryStorage } from '../../src/storage/memory/open.ts';
import type { PostgresConnection } from '../../src/storage/postgres/connection/connection.ts';
import { openPostgresStorage } from '../../src/storage/postgres/open.ts';
import type { SealPlace, SealStep } from '../../src/storage/seal-store.ts';
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
  open: async (exclusion) => openIn(await freshSchema(), exclusion),
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

/**
 * The same, and before each call every trace is sealed that may be, so that whatever is asked or told meets sealed
 * traces alone.
 */
export const sealedBackend: Backend = {
  name: 'postgres, sealed',
  async open(exclusion) {
    const storage = await openIn(await freshSchema(), exclusion);
    const sealed = sealingFirst(storage, () => sealAll(storage), new Set(['close', 'ready']));
    const connection = connections.get(storage);
    if (connection !== undefined) connections.set(sealed, connection);
    return sealed;
  },
  letClaimsRunOut: postgresBackend.letClaimsRunOut,
};

async function openIn(
  schema: Awaited<ReturnType<typeof freshSchema>>,
  exclusion: Exclusion = nothingExcluded,
): Promise<Storage> {
  const options = { ...poolOptions(schema.connection), autoMigrate: true, exclusion };
  const storage = await openPostgresStorage(options);
  connections.set(storage, schema.connection);
  const close = storage.close.bind(storage);
  storage.close = async () => {
    await close();
    await schema.drop();
  };
  return storage;
}

/** Later than every receipt. */
const END_OF_TIME_NS = 9_200_000_000_000_000_000n;

/** Seals every trace that may be, whether it waits for the analysis or not; gives their number. */
export async function sealAll(storage: Storage): Promise<number> {
  const { seals } = storage;
  if (seals === null) throw new Error('the storage seals nothing');
  let traces = 0;
  let after: SealPlace | null = null;
  do {
    const step: SealStep = await seals.seal({ beforeNs: END_OF_TIME_NS, after, isAnalysed: false });
    traces += step.traces;
    after = step.next;
  } while (after !== null);
  return traces;
}

/** A store whose methods, and those of the stores in it, do something else first. */
function sealingFirst<Store extends object>(
  store: Store,
  seal: () => Promise<unknown>,
  except: ReadonlySet<string>,
): Store {
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (member !== null && typeof member === 'object' && name === 'derived') {
        return sealingFirst(member, seal, except);
      }
      if (typeof member !== 'function') return member;
      const call = member.bind(target);
      if (typeof name !== 'string' || except.has(name)) return call;
      return async (...values: unknown[]) => {
        await seal();
        return call(...values);
      };
    },
  });
}

export const backends: readonly Backend[] = [memoryBackend, postgresBackend];
