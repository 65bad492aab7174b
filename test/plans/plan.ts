import type { Query } from '../../src/storage/postgres/connection/query.ts';
import type { Session } from '../../src/storage/postgres/connection/session.ts';

/** How Postgres went about a statement. */
export interface Plan {
  /** Blocks that it looked at, in memory or not. */
  readonly blocks: number;
  readonly ms: number;
  /** Tables that it read from end to end. */
  readonly wholeTables: readonly string[];
}

/** A node of `EXPLAIN (FORMAT JSON)`, as far as it is read here. */
interface Node {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Shared Hit Blocks': number;
  readonly 'Shared Read Blocks': number;
  readonly 'Actual Total Time': number;
  readonly 'Actual Loops': number;
  readonly Plans?: readonly Node[];
}

/** Runs a statement and tells how. What it writes is the caller's to roll back. */
export async function explain(session: Session, { text, values = [] }: Query): Promise<Plan> {
  const [row] = await session({
    text: `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`,
    values,
  });
  const [{ Plan: root }] = (row as unknown[])[0] as [{ Plan: Node }];
  return {
    blocks: root['Shared Hit Blocks'] + root['Shared Read Blocks'],
    ms: root['Actual Total Time'],
    wholeTables: wholeTables(root),
  };
}

function wholeTables(root: Node): string[] {
  const found = new Set<string>();
  const left = [root];
  for (let node = left.pop(); node !== undefined; node = left.pop()) {
    left.push(...(node.Plans ?? []));
    const table = node['Relation Name'];
    if (node['Node Type'] === 'Seq Scan' && node['Actual Loops'] > 0 && table !== undefined) {
      found.add(table);
    }
  }
  return [...found].sort();
}
