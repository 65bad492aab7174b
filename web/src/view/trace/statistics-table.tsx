import { useMemo } from 'preact/hooks';
import { count, duration } from '../../model/format.ts';
import { type StepSum, stepSums } from '../../model/trace/statistics.ts';
import type { Timeline } from '../../model/trace/timeline.ts';
import { type Column, Table } from '../../ui/list/table.tsx';
import { Name } from '../../ui/name.tsx';
import { Service } from '../../ui/service.tsx';

const rowsMax = 300;

function time(name: string, ofUs: (sum: StepSum) => number): Column<StepSum> {
  return { name, unit: 'µs', isNumber: true, text: ofUs, cell: (sum) => duration(ofUs(sum)) };
}

/** Where the time of a trace went, by service and operation. */
export function StatisticsTable(props: {
  readonly timeline: Timeline;
  readonly onSelect: (row: number) => void;
}) {
  const { timeline, onSelect } = props;
  const sums = useMemo(() => stepSums(timeline), [timeline]);
  const columns: readonly Column<StepSum>[] = [
    {
      name: 'Operation',
      text: ({ name }) => name,
      cell: ({ name, row }) => (
        <button type="button" class="plain" onClick={() => onSelect(row)}>
          <Name text={name} />
        </button>
      ),
    },
    {
      name: 'Service',
      text: ({ service }) => service,
      cell: ({ service }) => <Service name={service} />,
    },
    { name: 'Times', isNumber: true, text: (sum) => sum.count, cell: (sum) => count(sum.count) },
    time('Itself', ({ selfUs }) => selfUs),
    time('In total', ({ totalUs }) => totalUs),
    time('Longest', ({ longestUs }) => longestUs),
  ];
  const more = sums.length - rowsMax;
  return (
    <>
      <Table
        label="Statistics"
        isWhole
        columns={columns}
        rows={sums.slice(0, rowsMax)}
        keyOf={(sum) => `${sum.service} ${sum.kind} ${sum.name}`}
      />
      {more > 0 && <p class="muted">and {count(more)} more operations</p>}
    </>
  );
}
