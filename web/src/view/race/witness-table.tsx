import type { WitnessView } from '../../api/types.ts';
import { racePath, tracePath } from '../../app/route.ts';
import { duration } from '../../model/format.ts';
import { shortId } from '../../model/words.ts';
import { Clock } from '../../ui/clock.tsx';
import { type Column, Table } from '../../ui/list/table.tsx';
import { Code } from '../../ui/name.tsx';
import { Card } from '../../ui/page.tsx';

interface Row extends Readonly<WitnessView['witnesses'][number]> {
  readonly target: string;
}

function side(name: 'A' | 'B', place: 0 | 1): Column<Row> {
  return {
    name,
    isNamedBelow: true,
    text: ({ trace_ids: ids }) => ids[place],
    cell: ({ trace_ids: ids }) => (
      <a class={`of-${name.toLowerCase()}`} href={tracePath(ids[place])}>
        <Code text={shortId(ids[place])} title={ids[place]} />
      </a>
    ),
  };
}

const columns: readonly Column<Row>[] = [
  {
    name: 'No.',
    text: ({ number }) => number,
    cell: ({ number, target }) => <a href={target}>{number}</a>,
  },
  side('A', 0),
  side('B', 1),
  {
    name: 'Variable',
    isNamedBelow: true,
    text: ({ variable }) => variable,
    cell: ({ variable }) => <Code text={variable} />,
  },
  {
    name: 'Left behind',
    isNamedBelow: true,
    text: ({ stored }) => stored ?? 'not told',
    cell: ({ stored }) => <Code text={stored ?? 'not told'} />,
  },
  {
    name: 'Lost',
    isNamedBelow: true,
    text: ({ lost }) => lost ?? '',
    cell: ({ lost }) =>
      lost === null ? (
        <span class="muted">–</span>
      ) : (
        <s class="bad">
          <Code text={lost} />
        </s>
      ),
  },
  {
    name: 'Apart',
    unit: 'µs',
    isNumber: true,
    text: ({ apart_us: us }) => us ?? '',
    cell: ({ apart_us: us }) => (us === null ? '' : duration(us)),
  },
  {
    name: 'When',
    isNumber: true,
    text: ({ timestamp }) => timestamp,
    cell: ({ timestamp }) => <Clock time={timestamp} />,
  },
];

/** The occurrences that are kept. */
export function WitnessTable(props: {
  readonly view: WitnessView;
  readonly onShow: (number: number) => void;
}) {
  const { view, onShow } = props;
  const { number, count } = view;
  const rows = view.witnesses.map((row) => ({
    ...row,
    target: racePath(view.race.fingerprint, row.number),
  }));
  const isTold = rows.some(({ stored }) => stored !== null);
  const isLossy = rows.some(({ lost }) => lost !== null);
  return (
    <Card
      title="Witnesses"
      hint={`${count} of the best kept; number ${number} is shown above`}
      tools={
        <>
          <button
            type="button"
            aria-label="Previous witness"
            disabled={number <= 1}
            onClick={() => onShow(number - 1)}
          >
            [
          </button>
          <button
            type="button"
            aria-label="Next witness"
            disabled={number >= count}
            onClick={() => onShow(number + 1)}
          >
            ]
          </button>
        </>
      }
    >
      <Table
        label="Witnesses"
        isWhole
        columns={columns.filter(
          ({ name }) => (isTold || name !== 'Left behind') && (isLossy || name !== 'Lost'),
        )}
        rows={rows}
        keyOf={(row) => `${row.number}`}
        isCurrent={(row) => row.number === number}
      />
    </Card>
  );
}
