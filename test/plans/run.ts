/**
 * Holds every statement to what it may read in a store of two million traces: a bound on blocks, and no
 * table that grows from end to end. `npm run test:plans` takes about two minutes and 3 GB of disk, so that
 * it is not part of the suite; `-- --traces=100000` tries a smaller store.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseArgs } from 'node:util';
import { PostgresPool } from '../../src/storage/postgres/connection/pool.ts';
import type { Query } from '../../src/storage/postgres/connection/query.ts';
import { poolOptions } from '../support/postgres.ts';
import { startPostgres } from '../support/postgres-server.ts';
import { fillStore } from './filled-store.ts';
import type { Place } from './place.ts';
import { places } from './places.ts';
import { explain, type Plan } from './plan.ts';

/** Tables with rows of each trace, and that of the names of variables. */
const growingTables = [
  'traces',
  'events',
  'sealed_traces',
  'trace_services',
  'trace_spans',
  'trace_calls',
  'trace_tags',
  'footprints',
  'findings',
  'latency_verdicts',
  'variables',
];

const { values } = parseArgs({ options: { traces: { type: 'string', default: '2000000' } } });

test(`statements in a store of ${values.traces} traces`, async (t) => {
  const connection = await startPostgres({
    shared_buffers: '1GB',
    maintenance_work_mem: '256MB',
    max_wal_size: '8GB',
    wal_level: 'minimal',
    max_wal_senders: '0',
    // What it would do in between changes plans; it has been done when the statements run.
    autovacuum: 'off',
  });
  await fillStore(connection, Number(values.traces));
  const pool = new PostgresPool({ ...poolOptions(connection), maxConnections: 1 });
  t.after(() => pool.close());
  for (const [file, placed] of Object.entries(places)) {
    for (const [name, place] of Object.entries(placed)) {
      if (place === null || place.calls.length === 0) continue;
      await t.test(`${name} (${file})`, async (t) => {
        const plans: Plan[] = [];
        for (const call of place.calls) plans.push(await tried(pool, call));
        const blocks = Math.max(...plans.map((plan) => plan.blocks));
        const growth = place.growth === null ? '' : `; ${place.growth}`;
        t.diagnostic(`${blocks} of ${place.blocksMax} blocks${growth}`);
        assert.deepEqual(faultsOf(place, plans), []);
      });
    }
  }
});

/** Runs a statement as the server would, and takes back what it wrote. */
async function tried(pool: PostgresPool, call: Query): Promise<Plan> {
  const undone = new Error('the plan is known');
  let plan: Plan | null = null;
  await pool
    .write(async (session) => {
      plan = await explain(session, call);
      throw undone;
    })
    .catch((error) => {
      if (error !== undone) throw error;
    });
  assert.ok(plan !== null);
  return plan;
}

function faultsOf({ calls, blocksMax, growth }: Place, plans: readonly Plan[]): string[] {
  return plans.flatMap(({ blocks, wholeTables }, index) => {
    const given = JSON.stringify(calls[index]?.values ?? []).slice(0, 200);
    const whole = wholeTables.filter((table) => growingTables.includes(table));
    return [
      blocks > blocksMax ? `${blocks} blocks, more than ${blocksMax}, of ${given}` : [],
      growth === null && whole.length > 0 ? `reads all of ${whole.join(', ')} for ${given}` : [],
    ].flat();
  });
}
