/** One statement and the values of its parameters. */
export interface Query {
  readonly text: string;
  readonly values?: readonly unknown[];
}

/** A DELETE that gives the number of its rows. */
export function deletion(table: string, condition: string, values: readonly unknown[]): Query {
  return {
    text: `
      WITH gone AS (DELETE FROM ${table} WHERE ${condition} RETURNING 1)
      SELECT count(*) FROM gone`,
    values,
  };
}
