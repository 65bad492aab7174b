import { budgets } from '../budgets.ts';
import { ALL_COLUMNS } from '../statements/effect.ts';
import { type Draft, type DraftAccess, EXISTENCE } from './draft.ts';
import { isExact, type Row } from './row.ts';

/** An access with the variable that it is to. */
export interface NamedAccess {
  readonly draft: DraftAccess;
  readonly variable: string;
}

/** What a request is found to do. */
export interface RequestDrafts {
  readonly drafts: readonly Draft[];
  /** False for what a service does by itself: there only rows that are known for sure count. */
  readonly isRequest: boolean;
}

/**
 * Names the variables of the accesses of a trace. All columns of a row are those that the trace writes; what
 * it only reads is told as far as there is room.
 */
export function countedDrafts(
  requests: readonly RequestDrafts[],
): readonly (readonly (NamedAccess | Draft)[])[] {
  const oneName = byOneName(requests.map(({ drafts }) => drafts));
  const known = requests.map(({ isRequest }, place) =>
    (oneName[place] ?? []).filter(
      (draft) => draft.kind === 'lock' || isRequest || isExact(draft.row),
    ),
  );
  const accesses = known.flat().filter((draft) => draft.kind === 'access');
  const written = columnsByTable(accesses.filter(({ act }) => act !== 'read'));
  const read = columnsByTable(accesses.filter(({ act }) => act === 'read'));
  const named = known.map((drafts) =>
    drafts.flatMap((draft): readonly (NamedAccess | Draft)[] => {
      if (draft.kind === 'lock') return [draft];
      return columnsOf(draft, written, read).map((column) => ({
        draft,
        variable: variableOf(draft, column),
      }));
    }),
  );
  const told = toldVariables(named.flat());
  return named.map((steps) =>
    steps.filter((step) => !('draft' in step) || told.has(step.variable)),
  );
}

/** A row that some statements of a trace show, and others only hint at, is as uncertain as they are. */
function byOneName(requests: readonly (readonly Draft[])[]): readonly (readonly Draft[])[] {
  const hinted = new Map<string, Row>();
  for (const draft of requests.flat()) {
    if (draft.kind === 'access' && draft.row.hint !== null) {
      hinted.set(draft.row.identity, draft.row);
    }
  }
  if (hinted.size === 0) return requests;
  return requests.map((drafts) =>
    drafts.map((draft) => {
      const row = draft.kind === 'access' ? hinted.get(draft.row.identity) : undefined;
      return row === undefined || draft.kind === 'lock' ? draft : { ...draft, row };
    }),
  );
}

type Columns = ReadonlyMap<string, ReadonlySet<string>>;

function columnsByTable(accesses: readonly DraftAccess[]): Columns {
  const columns = new Map<string, Set<string>>();
  for (const { table, column } of accesses) {
    if (column === ALL_COLUMNS || column === EXISTENCE) continue;
    const known = columns.get(table);
    if (known === undefined) columns.set(table, new Set([column]));
    else known.add(column);
  }
  return columns;
}

/** Whoever reads all columns reads those that the trace writes, and the other way round. */
function columnsOf(
  { column, table, act }: DraftAccess,
  written: Columns,
  read: Columns,
): readonly string[] {
  if (column !== ALL_COLUMNS) return [column];
  const others = [...((act === 'read' ? written : read).get(table) ?? [])].sort();
  return [...others.slice(0, budgets.statementVariables), column];
}

function variableOf({ row }: DraftAccess, column: string): string {
  return column === '' ? row.name : `${row.name}.${column}`;
}

/**
 * The variables that are told: those that the trace writes, or goes by, first; then those that it reads, and
 * those that other traces alone may have looked at.
 */
function toldVariables(steps: readonly (NamedAccess | Draft)[]): ReadonlySet<string> {
  const ranks = new Map<string, number>();
  for (const step of steps) {
    if (!('draft' in step)) continue;
    const rank = rankOf(step);
    ranks.set(step.variable, Math.min(rank, ranks.get(step.variable) ?? rank));
  }
  const told = [...ranks].filter(([, rank]) => rank < NOT_TOLD).sort(([, a], [, b]) => a - b);
  return new Set(told.slice(0, budgets.statementVariables).map(([variable]) => variable));
}

const NOT_TOLD = 3;

function rankOf({ draft, variable }: NamedAccess): number {
  if (draft.act !== 'read') return draft.act === 'join' ? 2 : 0;
  return variable.endsWith(`.${EXISTENCE}`) ? NOT_TOLD : 1;
}
