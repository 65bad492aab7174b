import { type JsonValue, numberOf } from '../domain/json.ts';
import type { Side } from './scenario.ts';
import { type ColumnType, columnTypeOf, Literals, type RowName, rowNameOf } from './sql-text.ts';
import type { WitnessStep } from './witness.ts';

/** A row that a script makes: where, what of type, and what stands there at first. */
export interface ReplayedRow {
  readonly name: RowName;
  readonly type: ColumnType;
  readonly initial: JsonValue;
}

/** An access as a statement will make it. */
export interface ReplayedStep {
  readonly side: Side;
  readonly variable: string;
  readonly writes: boolean;
  /** What is written; of a change in one step the difference, see {@link isChange}. */
  readonly value: JsonValue;
  readonly isChange: boolean;
  /** What the side had read of the row before; undefined: nothing. */
  readonly decidedOn: JsonValue | undefined;
}

/** The steps of a witness with a value for each, and the rows that they need. */
export interface Replay {
  readonly rows: ReadonlyMap<string, ReplayedRow>;
  readonly steps: readonly ReplayedStep[];
  readonly isMadeUp: boolean;
}

/** What stands in a row when the trace does not say; any other number would do. */
const numberMadeUp = 100;
const changeMadeUp: Readonly<Record<Side, number>> = { A: -10, B: -25 };

/** Gives every step a value: that of the trace, or one that is made up where it does not say. */
export function replayOf(witness: readonly WitnessStep[]): Replay {
  const rows = new Map<string, ReplayedRow>();
  let isMadeUp = false;
  for (const variable of new Set(witness.map((step) => step.variable))) {
    const own = witness.filter((step) => step.variable === variable);
    const values = own.flatMap(({ before, after }) => [before, after]);
    const known = own.find(({ before }) => before !== null)?.before ?? null;
    const isUnknown = known === null && values.every((value) => value === null);
    if (isUnknown) isMadeUp = true;
    const type = isUnknown ? 'double precision' : columnTypeOf(values);
    const initial = known ?? (isUnknown ? numberMadeUp : null);
    rows.set(variable, { name: rowNameOf(variable), type, initial });
  }
  /** What stands in each row now, and what each side has read of it. */
  const state = new Map([...rows].map(([variable, row]) => [variable, row.initial]));
  const read = new Map<string, JsonValue>();
  const steps = witness.map((step): ReplayedStep => {
    const { side, variable, writes } = step;
    const key = `${side} ${variable}`;
    const decidedOn = read.get(key);
    if (!writes) {
      read.set(key, state.get(variable) ?? null);
      return { side, variable, writes, value: null, isChange: false, decidedOn };
    }
    const current = numberOf(state.get(variable) ?? null);
    const [from, to] = [numberOf(step.before), numberOf(step.after)];
    if (step.isAtomic && current !== null) {
      const isKnown = from !== null && to !== null;
      if (!isKnown) isMadeUp = true;
      const change = isKnown ? to - from : changeMadeUp[side];
      state.set(variable, current + change);
      return { side, variable, writes, value: change, isChange: true, decidedOn };
    }
    const isKnown = step.after !== null || rows.get(variable)?.type !== 'double precision';
    if (!isKnown) isMadeUp = true;
    const basis = numberOf(decidedOn ?? null) ?? current ?? numberMadeUp;
    const value = isKnown ? step.after : basis + changeMadeUp[side];
    state.set(variable, value);
    return { side, variable, writes, value, isChange: false, decidedOn };
  });
  return { rows, steps, isMadeUp };
}

/** The statements for the rows and steps of a replay. */
export class ReplayStatements {
  readonly #replay: Replay;
  readonly #literals = new Literals();

  constructor(replay: Replay) {
    this.#replay = replay;
  }

  /** Makes and fills the tables. */
  setup(): string[] {
    const tables = new Map<string, Map<string, string>>();
    const rows = new Map<string, Map<string, string>>();
    for (const row of this.#replay.rows.values()) {
      const { table, keyColumn, key, column } = row.name;
      const columns = tables.get(table) ?? new Map([[keyColumn, 'text PRIMARY KEY']]);
      columns.set(column, row.type);
      tables.set(table, columns);
      const place = JSON.stringify([table, key]);
      const values = rows.get(place) ?? new Map([[keyColumn, this.#literals.of(key)]]);
      values.set(column, this.#initialOf(row));
      rows.set(place, values);
    }
    const create = [...tables].map(
      ([table, columns]) =>
        `CREATE TABLE "${table}" (${[...columns].map(([name, type]) => `"${name}" ${type}`).join(', ')})`,
    );
    const insert = [...rows].map(([place, values]) => {
      const [table] = JSON.parse(place) as [string];
      const names = [...values.keys()].map((name) => `"${name}"`).join(', ');
      return `INSERT INTO "${table}" (${names}) VALUES (${[...values.values()].join(', ')})`;
    });
    return [...create, ...insert];
  }

  /** What one step does; `guarded` writes only where the row still holds what was read. */
  statement(step: ReplayedStep, isGuarded = false): string {
    const row = this.#rowOf(step.variable);
    const { table, keyColumn, key, column } = row.name;
    const where = `"${keyColumn}" = ${this.#literals.of(key)}`;
    if (!step.writes) return `SELECT "${column}" FROM "${table}" WHERE ${where}`;
    const value = this.#valueOf(row, step.value);
    const set = step.isChange ? `"${column}" + (${value})` : value;
    const guard =
      isGuarded && step.decidedOn !== undefined
        ? ` AND "${column}" IS NOT DISTINCT FROM ${this.#valueOf(row, step.decidedOn)}`
        : '';
    return `UPDATE "${table}" SET "${column}" = ${set} WHERE ${where}${guard}`;
  }

  /** Asks for the values of all rows, as one text. */
  question(): string {
    const parts = [...this.#replay.rows.values()].map(({ name }) => {
      const where = `"${name.keyColumn}" = ${this.#literals.of(name.key)}`;
      return `(SELECT coalesce("${name.column}"::text, '') FROM "${name.table}" WHERE ${where})`;
    });
    return `SELECT concat_ws(' ', ${parts.join(', ')}) AS outcome`;
  }

  /** What the question gives when these values stand there. */
  outcome(state: ReadonlyMap<string, JsonValue>): string {
    return [...this.#replay.rows]
      .map(([variable, row]) => this.#shown(row, state.get(variable) ?? null))
      .join(' ');
  }

  /** What one row holds, as the database writes it as text. */
  shown(variable: string, value: JsonValue): string {
    return this.#shown(this.#rowOf(variable), value);
  }

  #shown(row: ReplayedRow, value: JsonValue): string {
    if (value === null) return '';
    return row.type === 'text' ? this.#literals.textOf(value) : String(numberOf(value) ?? value);
  }

  #initialOf(row: ReplayedRow): string {
    return this.#valueOf(row, row.initial);
  }

  #valueOf(row: ReplayedRow, value: JsonValue): string {
    if (row.type !== 'text' || value === null) return this.#literals.of(value);
    return this.#literals.of(this.#literals.textOf(value));
  }

  #rowOf(variable: string): ReplayedRow {
    const row = this.#replay.rows.get(variable);
    if (row === undefined) throw new Error('a step names a row that the replay has not');
    return row;
  }
}
