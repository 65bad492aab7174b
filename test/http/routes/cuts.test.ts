/** Lists of findings say what limits kept out, and of which variable of which trace. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { budgets } from '../../../src/analysis/budgets.ts';
import { httpLimits } from '../../../src/http/limits.ts';
import { getSettled as get, post, testApp } from '../../support/app.ts';
import { memoryBackend, postgresBackend } from '../../support/backends.ts';
import { access, wireEvent } from '../../support/events.ts';

/** As many accesses of one trace to one variable. */
function accesses(trace: string, variable: string, count: number) {
  return Array.from({ length: count }, (_, at) =>
    wireEvent({
      trace,
      at,
      kind: 'StateChange',
      payload: access(variable, 'Write', { new_value: at }),
    }),
  );
}

const routes = ['/api/races', '/api/analyze/global', '/api/distributed/global-races'];

for (const backend of [memoryBackend, postgresBackend]) {
  suite(`what limits kept out, from ${backend.name}`, () => {
    test('a cut names its trace and variable, and leaves lists complete', async (t) => {
      const served = await testApp(t, { storage: await backend.open() });
      const told = async (route: string) => {
        const { complete, truncated_by, cut, cut_count } = await get(served, route);
        return { complete, truncated_by, cut, cut_count };
      };
      await post(served.app, [...accesses('short', 'db:x', 300), ...accesses('other', 'db:x', 2)]);
      for (const route of routes) {
        const whole = { complete: true, truncated_by: null, cut: [], cut_count: 0 };
        assert.deepEqual(await told(route), whole, route);
      }
      await post(served.app, accesses('long', 'db:x', budgets.footprintAccesses + 1));
      for (const route of routes) {
        assert.deepEqual(
          await told(route),
          {
            complete: true,
            truncated_by: null,
            cut: [{ trace_id: 'long', variable: 'db:x', limit: 'footprint_accesses' }],
            cut_count: 1,
          },
          route,
        );
      }
      const many = Array.from({ length: budgets.footprintVariables + 1 }, (_, at) =>
        accesses('wide', `db:${at}`, 1),
      );
      await post(served.app, many.flat());
      for (const route of routes) {
        const { complete, truncated_by, cut } = await told(route);
        assert.deepEqual([complete, truncated_by], [false, 'footprint_variables'], route);
        const last = { trace_id: 'wide', variable: null, limit: 'footprint_variables' };
        assert.deepEqual(cut.at(-1), last, route);
      }
    });

    test('twenty cuts are listed, and all are counted', async (t) => {
      const served = await testApp(t, { storage: await backend.open() });
      const variables = Array.from({ length: httpLimits.cutsShownMax + 2 }, (_, at) => `db:${at}`);
      const count = budgets.footprintAccesses + 1;
      await post(
        served.app,
        variables.flatMap((variable) => accesses('long', variable, count)),
      );
      const { cut, cut_count } = await get(served, '/api/races');
      assert.deepEqual([cut.length, cut_count], [20, variables.length]);
    });
  });
}
