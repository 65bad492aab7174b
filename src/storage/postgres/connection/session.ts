import type pg from 'pg';
import { storageFailure } from './failure.ts';
import type { Query } from './query.ts';

/**
 * Runs one statement on a connection, and gives its rows as arrays in the order of its columns.
 * Rejects with RacewayErrors.
 */
export type Session = (query: Query) => Promise<unknown[][]>;

export function openSession(client: pg.ClientBase): Session {
  return async ({ text, values = [] }) => {
    try {
      const result = await client.query<unknown[]>({ text, values: [...values], rowMode: 'array' });
      return result.rows;
    } catch (error) {
      throw storageFailure(error);
    }
  };
}
