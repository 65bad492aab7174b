import type { OperationPage, OperationQuery } from '../../../domain/latency/learnt.ts';
import type { Session } from '../connection/session.ts';
import { readBuckets } from './latency.ts';
import { type OperationRow, selectOperations } from './latency-queries.ts';

/** One page of the operations that something is known of, each with its buckets. */
export async function readOperations(
  session: Session,
  query: OperationQuery,
): Promise<OperationPage> {
  const rows = await session.named<OperationRow>(selectOperations(query));
  const found = rows.flatMap(({ operation_key: operationKey, ...key }) =>
    operationKey === null ? [] : [{ operationKey, key }],
  );
  const buckets = await readBuckets(
    session,
    found.map(({ operationKey }) => operationKey),
  );
  return {
    operations: found.map(({ operationKey, key: { service, kind, operation, status } }) => ({
      key: { service, kind, operation, status },
      buckets: (buckets.get(operationKey) ?? []).sort((a, b) => a.slot - b.slot),
    })),
    total: Number(rows[0]?.total),
  };
}
