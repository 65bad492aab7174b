import type { Storage } from '../../src/storage/storage.ts';

/** A storage, or the derived store of one, with some of its methods replaced. */
export function storageWith<Store extends object>(storage: Store, methods: Partial<Store>): Store {
  return new Proxy(storage, {
    get(target, name) {
      const member: unknown = methods[name as keyof Store] ?? target[name as keyof Store];
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}

/** A storage for which everything arrives at one moment, in nanoseconds since 1970. */
export function receivingAt(storage: Storage, receivedNs: bigint): Storage {
  return storageWith(storage, {
    append: (requests) => storage.append(requests, receivedNs),
  });
}
