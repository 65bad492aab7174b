import type { Storage } from '../../src/storage/storage.ts';

/** A storage with some of its methods replaced. */
export function storageWith(storage: Storage, methods: Partial<Storage>): Storage {
  return new Proxy(storage, {
    get(target, name: keyof Storage) {
      return methods[name] ?? target[name].bind(target);
    },
  });
}
