import type { ComponentChildren } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { choose, search } from '../../app/route.ts';
import { counted } from '../../model/format.ts';
import { held, inOrder, type RowOrder, type TextColumn, textRows } from '../../model/table-rows.ts';
import { Name } from '../name.tsx';
import { useExport } from './exports.ts';
import { RowLinks } from './row-links.tsx';
import { useBlocks } from './use-blocks.ts';

/** A column of a list: what stands over it, and what in its cells. */
export interface Column<Row> extends TextColumn<Row> {
  /** What is shown in the name's place. */
  readonly head?: ComponentChildren;
  /** The cells speak for themselves: the name is for those who do not see them. */
  readonly isNameHidden?: boolean;
  readonly isNumber?: boolean;
  /** Whether cells that stand below each other begin with the name; default: numbers do. */
  readonly isNamedBelow?: boolean;
  readonly class?: string | ((row: Row) => string);
  /** What is shown in the text's place. */
  readonly cell?: (row: Row) => ComponentChildren;
  /** The server orders by it when the address has this as `sort`; '' is how it orders by itself. */
  readonly sort?: string;
}

/** A list of rows, on a narrow screen each of a few lines. */
export function Table<Row>(props: {
  /** What the rows are: said to those who do not see them, and where they leave the page. */
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  /** Each row is a link to a page of its own, to which keys lead. */
  readonly isList?: boolean;
  /** All rows there are are here: each column orders them. */
  readonly isWhole?: boolean;
  readonly isCurrent?: (row: Row) => boolean;
  /** What is told below a row; null: nothing. */
  readonly below?: (row: Row) => ComponentChildren;
  /** What was asked for: while that stays, rows do not move away from who points at them. */
  readonly asked?: string;
}) {
  const { label, columns, rows: newest, keyOf, isList = false, isWhole = false } = props;
  const [order, setOrder] = useState<RowOrder | null>(null);
  const place = useRef<HTMLDivElement>(null);
  const { rows: steady, notice } = useSteadyRows(place, newest, keyOf, props.asked);
  const rows = inOrder(columns, steady, order);
  useExport(label, () => textRows(columns, rows));
  const blocks = useBlocks(place, rows);
  const Frame = isList ? RowLinks : Scroll;
  return (
    <div ref={place}>
      {notice}
      <Frame label={label}>
        <table class="list" data-exported>
          <thead>
            <tr>
              {columns.map((column) => (
                <Head
                  key={column.name}
                  column={column}
                  order={order}
                  onOrder={isWhole ? setOrder : null}
                />
              ))}
            </tr>
          </thead>
          {blocks.map((block) => (
            <tbody key={block.number} data-block={block.number}>
              {block.heightPx !== null ? (
                <tr class="unseen">
                  <td colSpan={columns.length} style={{ height: `${block.heightPx}px` }} />
                </tr>
              ) : (
                block.rows.map((row) => <Line key={keyOf(row)} row={row} table={props} />)
              )}
            </tbody>
          ))}
        </table>
      </Frame>
    </div>
  );
}

/** What scrolls by itself where it is wider than the page. */
function Scroll({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys.
    <section class="scroll" tabIndex={0} aria-label={label}>
      {children}
    </section>
  );
}

function Line<Row>({ row, table }: { row: Row; table: Parameters<typeof Table<Row>>[0] }) {
  const { columns, keyOf, isCurrent, below } = table;
  const more = below?.(row) ?? null;
  return (
    <>
      <tr data-key={keyOf(row)} aria-current={isCurrent?.(row) ? 'true' : undefined}>
        {columns.map((column) => (
          <td
            key={column.name}
            class={classOf(column, row)}
            data-label={(column.isNamedBelow ?? column.isNumber) ? column.name : undefined}
          >
            {column.cell === undefined ? (
              <Name text={String(column.text(row))} />
            ) : (
              column.cell(row)
            )}
          </td>
        ))}
      </tr>
      {more !== null && (
        <tr class="below">
          <td colSpan={columns.length}>{more}</td>
        </tr>
      )}
    </>
  );
}

/** The name of a column; a button where rows can be ordered by it. */
function Head<Row>(props: {
  readonly column: Column<Row>;
  readonly order: RowOrder | null;
  readonly onOrder: ((order: RowOrder) => void) | null;
}) {
  const { column, order, onOrder } = props;
  const { name, sort, isNumber = false, isNameHidden = false } = column;
  const words = isNameHidden ? <span class="hidden">{name}</span> : (column.head ?? name);
  const isServers = sort !== undefined;
  const isBy = isServers ? (search.value.get('sort') ?? '') === sort : order?.name === name;
  const isDown = isServers ? isNumber : order?.isDown === true;
  const press = () => {
    if (isServers) choose({ sort, page: null });
    // What is most comes first, and names from their beginning; once more turns that round.
    else onOrder?.({ name, isDown: isBy ? !isDown : isNumber });
  };
  const isPressed = isServers || (onOrder !== null && !isNameHidden);
  return (
    <th
      scope="col"
      class={isNumber ? 'number' : ''}
      aria-sort={isBy && isPressed ? (isDown ? 'descending' : 'ascending') : undefined}
    >
      {isPressed ? (
        <button type="button" class="plain order" onClick={press}>
          {words}
          <span aria-hidden="true">{isBy ? (isDown ? ' ▼' : ' ▲') : ''}</span>
        </button>
      ) : (
        words
      )}
    </th>
  );
}

/** Rows that stay where they are while somebody is at them, and what says that there are newer ones. */
function useSteadyRows<Row>(
  place: { readonly current: HTMLElement | null },
  newest: readonly Row[],
  keyOf: (row: Row) => string,
  asked: string | undefined,
) {
  const kept = useRef<{ rows: readonly Row[]; asked: string | undefined }>({ rows: [], asked });
  const [, redraw] = useState(0);
  const isSame = asked !== undefined && kept.current.asked === asked;
  const found = held(kept.current.rows, newest, keyOf);
  const isHeld = isSame && found.isMoved && found.rows.length > 0 && isInUse(place.current);
  const rows = isHeld ? found.rows : newest;
  kept.current = { rows, asked };
  const notice = isHeld && (
    <p class="notice newer" role="status">
      {found.newer > 0 ? `${counted(found.newer, 'newer row')} arrived.` : 'The order has changed.'}{' '}
      <button
        type="button"
        class="plain"
        onClick={() => {
          kept.current = { rows: newest, asked };
          redraw((turn) => turn + 1);
        }}
      >
        Show {found.newer > 0 ? 'them' : 'it'}
      </button>
    </p>
  );
  return { rows, notice };
}

/** Whether somebody points at a list, is in it by keys, or has scrolled to a part of it. */
function isInUse(place: HTMLElement | null): boolean {
  const list = place?.querySelector('table');
  if (!list) return false;
  return (
    list.matches(':hover') ||
    list.contains(document.activeElement) ||
    list.getBoundingClientRect().top < 0
  );
}

function classOf<Row>({ class: name = '', isNumber }: Column<Row>, row: Row): string {
  const own = typeof name === 'string' ? name : name(row);
  return isNumber === true ? `number ${own}`.trim() : own;
}
