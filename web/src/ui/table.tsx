import type { ComponentChildren } from 'preact';

/** A column of a list: what stands over it, and what in its cells. */
export interface Column<Row> {
  /** Names the column; where rows stand below each other, and it is a number, before its cells too. */
  readonly name: string;
  /** What is shown in the name's place. */
  readonly head?: ComponentChildren;
  /** The cells speak for themselves: the name is for those who do not see them. */
  readonly isNameHidden?: boolean;
  readonly isNumber?: boolean;
  /** Whether cells that stand below each other begin with the name; default: numbers do. */
  readonly isNamedBelow?: boolean;
  readonly class?: string | ((row: Row) => string);
  readonly cell: (row: Row) => ComponentChildren;
}

/** A list of rows, on a narrow screen each of a few lines. */
export function Table<Row>(props: {
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  /** What is told below a row; null: nothing. */
  readonly below?: (row: Row) => ComponentChildren;
}) {
  const { columns, rows, keyOf, below } = props;
  return (
    <table class="list">
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column.name} scope="col" class={column.isNumber === true ? 'number' : ''}>
              {column.isNameHidden === true ? (
                <span class="hidden">{column.name}</span>
              ) : (
                (column.head ?? column.name)
              )}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => {
          const more = below?.(row) ?? null;
          return [
            <tr key={keyOf(row)} data-key={keyOf(row)}>
              {columns.map((column) => (
                <td
                  key={column.name}
                  class={classOf(column, row)}
                  data-label={
                    (column.isNamedBelow ?? column.isNumber) === true ? column.name : undefined
                  }
                >
                  {column.cell(row)}
                </td>
              ))}
            </tr>,
            more !== null && (
              <tr key={`${keyOf(row)} below`} class="below">
                <td colSpan={columns.length}>{more}</td>
              </tr>
            ),
          ];
        })}
      </tbody>
    </table>
  );
}

function classOf<Row>({ class: name = '', isNumber }: Column<Row>, row: Row): string {
  const own = typeof name === 'string' ? name : name(row);
  return isNumber === true ? `number ${own}`.trim() : own;
}
