import type { Storage } from '../../src/storage/storage.ts';

/** A storage with some of its methods replaced. */
export function storageWith(storage: Storage, methods: Partial<Storage>): Storage {
  return new Proxy(storage, {
    get(target, name: keyof Storage) {
      const member = methods[name] ?? target[name];
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}

/** A storage for which everything arrives at one moment, in nanoseconds since 1970. */
export function receivingAt(storage: Storage, receivedNs: bigint): Storage {
  return storageWith(storage, { append: (requests) => storage.append(requests, receivedNs) });
}
