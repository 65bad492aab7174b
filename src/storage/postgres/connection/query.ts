/** One statement and the values of its parameters. */
export interface Query {
  readonly text: string;
  readonly values?: readonly unknown[];
}

/** Erases rows and gives their number. */
export function eraseRows(table: string, condition: string, values: readonly unknown[]): Query {
  return {
    text: `
      WITH gone AS (DELETE FROM ${table} WHERE ${condition} RETURNING 1)
      SELECT count(*) FROM gone`,
    values,
  };
}
