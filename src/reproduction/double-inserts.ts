import type { Scenario, ScenarioStep, Side } from './scenario.ts';
import { Literals, rowNameOf } from './sql-text.ts';
import type { WitnessStep } from './witness.ts';

/** Both looked, found nothing there, and put it there. The remedy is a unique index that decides. */
export function doubleInserts(title: string, witness: readonly WitnessStep[]): Scenario {
  const { table, keyColumn, key } = rowNameOf(witness[0]?.variable ?? '');
  const literal = new Literals().of(key);
  const look = `SELECT count(*) FROM "${table}" WHERE "${keyColumn}" = ${literal}`;
  const insert = `INSERT INTO "${table}" ("${keyColumn}") VALUES (${literal})`;
  const looks = sidesThat(witness, ({ writes }) => !writes).map(
    (side): ScenarioStep => ({ side, sql: look, remark: 'finds nothing' }),
  );
  const inserts = (sql: string) =>
    sidesThat(witness, ({ writes }) => writes).map(
      (side): ScenarioStep => ({ side, sql, remark: '' }),
    );
  return {
    title,
    setup: [`CREATE TABLE "${table}" ("${keyColumn}" text NOT NULL)`],
    remedySetup: [`CREATE UNIQUE INDEX ON "${table}" ("${keyColumn}")`],
    question: `SELECT count(*)::text AS outcome FROM "${table}" WHERE "${keyColumn}" = ${literal}`,
    asker: null,
    race: { steps: [...looks, ...inserts(insert)], outcome: '2', refused: null },
    remedy: {
      title: 'a unique index decides which of the two comes first',
      steps: [...looks, ...inserts(`${insert} ON CONFLICT DO NOTHING`)],
      outcome: '1',
      refused: null,
    },
    isMadeUp: false,
  };
}

/** Both sides, in the order in which they first did something. */
function sidesThat(
  witness: readonly WitnessStep[],
  did: (step: WitnessStep) => boolean,
): readonly Side[] {
  const seen = witness.filter(did).map(({ side }) => side);
  return [...new Set<Side>([...seen, 'A', 'B'])];
}
