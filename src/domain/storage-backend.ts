/** Where events may be kept. */
export const storageBackends = ['memory', 'postgres'] as const;
export type StorageBackend = (typeof storageBackends)[number];
