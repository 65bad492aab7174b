import type { Query } from '../../src/storage/postgres/connection/query.ts';

/** Where a statement stands in the table of bounds. */
export interface Place {
  /** Calls of it with real parameters; each is held to the bound. */
  readonly calls: readonly Query[];
  /** Blocks that one of them may read, in memory or not. */
  readonly blocksMax: number;
  /** Why it reads more the more is stored; null: it does not. */
  readonly growth: string | null;
}

/** What a file of statements exports, by name; null: a part of statements, or none at all. */
export type Places = Readonly<Record<string, Place | null>>;

/** A statement that reads so many blocks at most, however much is stored. */
export function within(blocksMax: number, ...calls: Query[]): Place {
  return { calls, blocksMax, growth: null };
}

/** A statement that does not keep what {@link within} promises, and why; at the size of the test so many. */
export function growing(growth: string, blocksMax: number, ...calls: Query[]): Place {
  return { calls, blocksMax, growth };
}

/** A statement that reads no table that grows, and needs no store to be tried on. */
export const aside: Place = { calls: [], blocksMax: 0, growth: null };
