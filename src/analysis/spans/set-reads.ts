import type { ColumnValue, ColumnWrite, Table } from '../statements/effect.ts';
import { ALL_COLUMNS } from '../statements/effect.ts';
import { type DraftAccess, EXISTENCE, type Moment } from './draft.ts';
import { isRowId, type Row, tableName } from './row.ts';

/** Rows that were looked for by something else than their ids. */
export interface SetRead {
  readonly table: Table;
  readonly row: Row;
  /** One for each column. */
  readonly drafts: readonly DraftAccess[];
  readonly isAggregate: boolean;
}

/** What a request writes to a row of another table. */
export interface Outcome {
  readonly table: Table;
  /** What tells the row, or stands in it. */
  readonly values: readonly ColumnValue[];
  readonly hint: string | null;
  readonly columns: readonly ColumnWrite[];
}

/** Words in names of columns that hold what was worked out from several rows. */
const SUMS: ReadonlySet<string> = new Set([
  'amount',
  'average',
  'avg',
  'balance',
  'cost',
  'count',
  'price',
  'qty',
  'quantity',
  'rating',
  'score',
  'subtotal',
  'sum',
  'total',
  'totals',
]);

/** The sets of rows that a request has read in one store, as long as nothing settles what it read. */
export class SetReads {
  readonly #byTable = new Map<string, SetRead[]>();

  /** Notes a read, unless it is of rows that their ids tell. */
  note(table: Table, row: Row, drafts: readonly DraftAccess[], isAggregate: boolean): void {
    if (row.key.some((column) => isRowId(table.name, column))) return;
    const name = tableName(table);
    const read: SetRead = { table, row, drafts, isAggregate };
    const known = this.#byTable.get(name);
    if (known === undefined) this.#byTable.set(name, [read]);
    else known.push(read);
  }

  /** Rows of the table are locked: what was read of it before is read anew. */
  forget(table: Table): void {
    this.#byTable.delete(tableName(table));
  }

  /** When a column of one row was last read together with others, whose set the row is likely one of. */
  lookAt(table: Table, column: string): Moment | null {
    for (const { row, drafts, isAggregate } of this.#readsOf(table).toReversed()) {
      if (isAggregate) continue;
      const isNamed = row.key.includes(column) || row.guards.includes(column);
      const found = drafts.find(
        (draft) =>
          !draft.isTakenBack &&
          (isNamed || draft.column === column || draft.column === ALL_COLUMNS),
      );
      if (found !== undefined) return found.at;
    }
    return null;
  }

  /** Sets of rows that what is written to another table was worked out from: the row is theirs. */
  sourcesOf({ table, values, hint, columns }: Outcome): readonly SetRead[] {
    const found: SetRead[] = [];
    const isSum = columns.some(({ column, source }) => source === 'value' && namesSum(column));
    for (const [name, reads] of this.#byTable) {
      if (name === tableName(table)) continue;
      const last = reads.findLast(({ drafts }) =>
        drafts.some(({ column, isTakenBack }) => column === EXISTENCE && !isTakenBack),
      );
      if (last === undefined || !(isSum || last.isAggregate)) continue;
      if (isOwner(last.row, table, values, hint)) found.push(last);
    }
    return found;
  }

  #readsOf(table: Table): readonly SetRead[] {
    return this.#byTable.get(tableName(table)) ?? [];
  }
}

/** Whether a row is the one that a set of rows is said to belong to: both name it by the same value. */
function isOwner(
  { key, hint: setHint, equalities }: Row,
  table: Table,
  values: readonly ColumnValue[],
  hint: string | null,
): boolean {
  if (key.length === 0) return false;
  return equalities.some(({ column, value }) =>
    values.some((own) => {
      const isNamed =
        own.column === column || (isRowId(table.name, own.column) && isRowId(table.name, column));
      if (!isNamed) return false;
      return value === null || own.value === null
        ? setHint !== null && setHint === hint
        : value === own.value;
    }),
  );
}

function namesSum(column: string): boolean {
  const words = column
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split('_');
  return words.some((word) => SUMS.has(word));
}

/** Columns that say to what a row belongs, or what it is called by. */
const MEMBERSHIP =
  /(?:^|[a-z0-9_])(?:_id|_uuid|_guid|Id|Uuid)$|(?:^|_)(?:email|code|slug|sku|username|token|key|phone)$/;
/** Columns of a new row that are looked at. */
const MEMBERSHIPS = 4;

/** The sets that a new row joins, although its request did not look at them: by each owner, and by all. */
export function joinedSets(
  { name }: Table,
  values: readonly ColumnValue[],
): readonly (readonly ColumnValue[])[] {
  const owners = values
    .filter(({ column }) => MEMBERSHIP.test(column) && !isRowId(name, column))
    .slice(0, MEMBERSHIPS);
  const single = owners.map((owner) => [owner]);
  return owners.length > 1 ? [...single, owners] : single;
}
