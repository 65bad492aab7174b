/** The two sides of a race, as the finding counts them: `sites[0]` is A. */
export type Side = 'A' | 'B';

/** One statement of one session. */
export interface ScenarioStep {
  readonly side: Side;
  readonly sql: string;
  /** What it stands for, in few words; empty where the statement says it. */
  readonly remark: string;
}

/** Statements of two sessions in one order, and what is there in the end. */
export interface Play {
  readonly steps: readonly ScenarioStep[];
  /** The one value that the question then gives, as text. */
  readonly outcome: string;
  /** The session that the database refuses (serialization failure); null: none. */
  readonly refused: Side | null;
}

/** How a race happens in a PostgreSQL database, and how it does not with its remedy. */
export interface Scenario {
  readonly title: string;
  /** Makes the tables, and fills them; for the remedy as well. */
  readonly setup: readonly string[];
  /** What `setup` needs besides when the remedy is tried. */
  readonly remedySetup: readonly string[];
  /** Gives one row with one column. */
  readonly question: string;
  /** Who asks it: a session inside its transaction, or anybody after all. */
  readonly asker: Side | null;
  readonly race: Play;
  readonly remedy: Play & { readonly title: string };
  /** Whether values or names were not in the trace and are made up. */
  readonly isMadeUp: boolean;
}

/** The schema of all tables: it is dropped before and after. */
export const scenarioSchema = 'raceway_reproduction';
