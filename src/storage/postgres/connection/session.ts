import type pg from 'pg';
import { storageFailure } from './failure.ts';
import type { Query } from './query.ts';

/** Runs one statement on a connection. Rejects with RacewayErrors. */
export interface Session {
  /**
   * Gives rows as arrays in the order of their columns: for rows of one column, and for those that
   * come by the thousand (events, summaries of traces, findings, buckets of durations).
   */
  (query: Query): Promise<unknown[][]>;
  /** Gives rows by the names of their columns. Integers of 64 bits and sums are text. */
  named<Row extends object>(query: Query): Promise<Row[]>;
}

export function openSession(client: pg.ClientBase): Session {
  const positional = async ({ text, values = [] }: Query) => {
    const query = { text, values: [...values], rowMode: 'array' as const };
    return (await client.query<unknown[]>(query).catch(refuse)).rows;
  };
  const named = async <Row extends object>({ text, values = [] }: Query) =>
    (await client.query<Row>({ text, values: [...values] }).catch(refuse)).rows;
  return Object.assign(positional, { named });
}

function refuse(error: unknown): never {
  throw storageFailure(error);
}
