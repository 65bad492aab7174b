import type { Issue, Witness } from '../../api/types.ts';
import { racePath, tracePath } from '../../app/route.ts';
import { duration } from '../../model/format.ts';
import { isUntold, type Step, stepsOf } from '../../model/race/interleaving.ts';
import { microsecondsBetween } from '../../model/time.ts';
import { toldText } from '../../model/value-text.ts';
import { shortId } from '../../model/words.ts';
import { Clock } from '../../ui/clock.tsx';
import { type Column, Table } from '../../ui/list/table.tsx';
import { Code } from '../../ui/name.tsx';
import { Card } from '../../ui/page.tsx';

interface Row {
  readonly number: number;
  readonly witness: Witness;
  readonly steps: readonly Step[];
  readonly target: string;
}

function lostIn({ steps }: Row): string | null {
  return steps.find((step) => step.lost !== null)?.lost ?? null;
}

function leftBy({ steps }: Row): string {
  return toldText(steps.findLast((step) => step.writes)?.value) ?? 'not told';
}

function apartUs({ witness: { events } }: Row): number {
  return Math.abs(microsecondsBetween(events[0].timestamp, events[1].timestamp));
}

function side(name: 'A' | 'B', place: 0 | 1): Column<Row> {
  return {
    name,
    isNamedBelow: true,
    text: ({ witness }) => witness.events[place].trace_id,
    cell: ({ witness }) => {
      const { trace_id: id } = witness.events[place];
      return (
        <a class={`of-${name.toLowerCase()}`} href={tracePath(id)}>
          <Code text={shortId(id)} title={id} />
        </a>
      );
    },
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
    text: ({ witness }) => witness.variable,
    cell: ({ witness }) => <Code text={witness.variable} />,
  },
  {
    name: 'Left behind',
    isNamedBelow: true,
    text: leftBy,
    cell: (row) => <code>{leftBy(row)}</code>,
  },
  {
    name: 'Lost',
    isNamedBelow: true,
    text: (row) => lostIn(row) ?? '',
    cell: (row) => {
      const lost = lostIn(row);
      return lost === null ? <span class="muted">–</span> : <s class="bad">{lost}</s>;
    },
  },
  {
    name: 'Apart',
    unit: 'µs',
    isNumber: true,
    text: apartUs,
    cell: (row) => duration(apartUs(row)),
  },
  {
    name: 'When',
    isNumber: true,
    text: ({ witness }) => witness.events[0].timestamp,
    cell: ({ witness }) => <Clock time={witness.events[0].timestamp} />,
  },
];

/** The occurrences that are kept. */
export function WitnessTable(props: {
  readonly issue: Issue;
  readonly number: number;
  readonly onShow: (number: number) => void;
}) {
  const { issue, number, onShow } = props;
  const rows = issue.witnesses.map((witness, place) => ({
    ...{ number: place + 1, witness, steps: stepsOf(issue, witness) },
    target: racePath(issue.fingerprint, place + 1),
  }));
  const isTold = rows.some(({ steps }) => !isUntold(steps));
  const isLossy = rows.some(({ steps }) => steps.some(({ lost }) => lost !== null));
  return (
    <Card
      title="Witnesses"
      hint={`${issue.witnesses.length} of the best kept; number ${number} is shown above`}
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
            disabled={number >= issue.witnesses.length}
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
        keyOf={({ witness: { events } }) => events.map(({ event_id: id }) => id).join(' ')}
        isCurrent={(row) => row.number === number}
      />
    </Card>
  );
}
