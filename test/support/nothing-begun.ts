import type { StoredBeginnings } from '../../src/domain/latency/spans-of-append.ts';

/** What an empty storage knows of the beginnings of steps. */
export const nothingBegun: StoredBeginnings = { requestOf: () => null, functions: [] };
