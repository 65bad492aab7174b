import { type JsonValue, numberOf } from '../domain/json.ts';
import { type Replay, type ReplayedStep, ReplayStatements, replayOf } from './replay.ts';
import type { Play, Scenario, ScenarioStep, Side } from './scenario.ts';
import type { WitnessStep } from './witness.ts';

/** A scenario, or a sentence on why there is none. */
export type Attempt = { readonly scenario: Scenario } | { readonly reason: string };

/**
 * Both sides decided on what they read, and wrote: the statements of the witness one after the other,
 * each a transaction of its own. The remedy writes only where the row still holds what was read.
 */
export function overtakenWrites(title: string, witness: readonly WitnessStep[]): Attempt {
  const replay = replayOf(withReads(witness));
  const statements = new ReplayStatements(replay);
  const race = played(replay, statements, false);
  const remedy = played(replay, statements, true);
  if (race.outcome === remedy.outcome) {
    return {
      reason: 'both sides leave the same value, so that nothing shows which of them was lost',
    };
  }
  return {
    scenario: {
      title,
      setup: statements.setup(),
      remedySetup: [],
      question: statements.question(),
      asker: null,
      race,
      remedy: { ...remedy, title: 'write only if the row still holds what was read' },
      isMadeUp: replay.isMadeUp,
    },
  };
}

/** A side whose read the witness leaves out still decided on what stood there at first. */
function withReads(witness: readonly WitnessStep[]): WitnessStep[] {
  const missing = (['A', 'B'] as const).flatMap((side) => {
    const own = witness.filter((step) => step.side === side);
    const [first] = own;
    const writesBlindly = first?.writes === true && !first.isAtomic;
    return writesBlindly ? [{ ...first, writes: false, reads: true, after: null }] : [];
  });
  return [...missing, ...witness];
}

/** Runs the steps on values, as the database will. */
function played(replay: Replay, statements: ReplayStatements, isGuarded: boolean): Play {
  const state = new Map<string, JsonValue>(
    [...replay.rows].map(([variable, { initial }]) => [variable, initial]),
  );
  const steps = replay.steps.map((step): ScenarioStep => {
    const { side, variable, decidedOn } = step;
    const sql = statements.statement(step, isGuarded);
    if (!step.writes) return { side, sql, remark: '' };
    const current = state.get(variable) ?? null;
    const isRefused =
      isGuarded &&
      decidedOn !== undefined &&
      statements.shown(variable, decidedOn) !== statements.shown(variable, current);
    if (!isRefused) state.set(variable, after(step, current));
    return { side, sql, remark: isRefused ? 'changes no row: it has to start over' : '' };
  });
  return { steps, outcome: statements.outcome(state), refused: null };
}

function after(step: ReplayedStep, current: JsonValue): JsonValue {
  if (!step.isChange) return step.value;
  return (numberOf(current) ?? 0) + (numberOf(step.value) ?? 0);
}

/** Each reads what the other writes: two transactions on one snapshot each. The remedy is SERIALIZABLE. */
export function skewedWrites(title: string, witness: readonly WitnessStep[]): Attempt {
  const replay = replayOf(witness);
  const written = replay.steps.filter(({ writes }) => writes);
  const rowsOf = (side: Side) =>
    new Set(written.filter((step) => step.side === side).map(({ variable }) => variable));
  const [ofA, ofB] = [rowsOf('A'), rowsOf('B')];
  if (ofA.size === 0 || ofB.size === 0 || [...ofA].some((variable) => ofB.has(variable))) {
    return { reason: 'the witness does not show which row each side wrote' };
  }
  const statements = new ReplayStatements(replay);
  const state = new Map<string, JsonValue>(
    [...replay.rows].map(([variable, { initial }]) => [variable, initial]),
  );
  const withoutLast = new Map(state);
  const last = written.at(-1)?.side ?? 'B';
  for (const step of written) {
    state.set(step.variable, after(step, state.get(step.variable) ?? null));
    if (step.side !== last) withoutLast.set(step.variable, state.get(step.variable) ?? null);
  }
  const steps = (level: string) => transactions(replay, statements, level, ['A', 'B']);
  return {
    scenario: {
      title,
      setup: statements.setup(),
      remedySetup: [],
      question: statements.question(),
      asker: null,
      race: { steps: steps('REPEATABLE READ'), outcome: statements.outcome(state), refused: null },
      remedy: {
        title: 'both as SERIALIZABLE transactions: one is refused, and starts over',
        steps: steps('SERIALIZABLE'),
        outcome: statements.outcome(withoutLast),
        refused: last,
      },
      isMadeUp: replay.isMadeUp,
    },
  };
}

/** One side reads a row twice, the other writes it in between. The remedy is one snapshot. */
export function unrepeatedReads(title: string, witness: readonly WitnessStep[]): Attempt {
  const writer = witness.find(({ writes }) => writes);
  const reader: Side = writer?.side === 'A' ? 'B' : 'A';
  const reads = witness.filter(({ side, reads: isRead }) => side === reader && isRead);
  const [variable] = new Set(reads.map((step) => step.variable));
  if (writer === undefined || variable === undefined || writer.variable !== variable) {
    return { reason: 'the witness does not show both reads and the write between them' };
  }
  const own = witness.filter(
    (step) => step.variable === variable && (step.side === reader || step.writes),
  );
  const replay = replayOf(own);
  const [row] = replay.rows.values();
  const write = replay.steps.find(({ writes }) => writes);
  if (row === undefined || write === undefined) return { reason: 'the witness has no write' };
  const statements = new ReplayStatements(replay);
  const changed = after(write, row.initial);
  const read = { ...write, side: reader, writes: false, isChange: false };
  const steps = (level: string): ScenarioStep[] => [
    { side: reader, sql: `BEGIN ISOLATION LEVEL ${level}`, remark: '' },
    { side: reader, sql: statements.statement(read), remark: 'the first time' },
    { side: write.side, sql: statements.statement(write), remark: '' },
  ];
  return {
    scenario: {
      title,
      setup: statements.setup(),
      remedySetup: [],
      question: statements.question(),
      asker: reader,
      race: {
        steps: steps('READ COMMITTED'),
        outcome: statements.shown(variable, changed),
        refused: null,
      },
      remedy: {
        title: 'read from one snapshot: REPEATABLE READ',
        steps: steps('REPEATABLE READ'),
        outcome: statements.shown(variable, row.initial),
        refused: null,
      },
      isMadeUp: replay.isMadeUp,
    },
  };
}

/** The steps of a replay with a transaction around those of each side. */
function transactions(
  replay: Replay,
  statements: ReplayStatements,
  level: string,
  sides: readonly Side[],
): ScenarioStep[] {
  const begins = sides.map((side) => ({ side, sql: `BEGIN ISOLATION LEVEL ${level}`, remark: '' }));
  const body = replay.steps.map((step) => ({
    side: step.side,
    sql: statements.statement(step),
    remark: '',
  }));
  const lastOf = new Map(body.map(({ side }, at) => [side, at]));
  const withCommits = body.flatMap((step, at) =>
    lastOf.get(step.side) === at ? [step, { side: step.side, sql: 'COMMIT', remark: '' }] : [step],
  );
  return [...begins, ...withCommits];
}
