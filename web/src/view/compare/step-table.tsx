import { choose, search } from '../../app/route.ts';
import { count, duration } from '../../model/format.ts';
import { hueOf } from '../../model/hue.ts';
import {
  type ComparedStep,
  type Comparison,
  comparisonFilters,
  filterSteps,
} from '../../model/trace/comparison.ts';
import { flag, type RowWords } from '../../model/trace/timeline.ts';
import { visible } from '../../model/visible.ts';
import { type Column, Table } from '../../ui/list/table.tsx';
import { Card } from '../../ui/page.tsx';
import { Empty } from '../../ui/states.tsx';
import { Tabs } from '../../ui/tabs.tsx';

const stepsMax = 500;
const indentsMax = 10;

const filterNames = {
  all: 'All',
  slower: 'Slower',
  one: 'Only in one',
  values: 'Other values',
} as const;

/** Steps of both traces, on one scale. */
export function StepTable(props: {
  readonly comparison: Comparison;
  /** B is no trace, so that it has no values of its own. */
  readonly isWithMedian?: boolean;
}) {
  const { comparison, isWithMedian = false } = props;
  const filters = comparisonFilters.filter((name) => !isWithMedian || name !== 'values');
  const filter = filters.find((name) => name === search.value.get('show')) ?? 'all';
  const found = filterSteps(comparison.steps, filter);
  const shown = found.slice(0, stepsMax);
  return (
    <Card
      title="Step by step"
      hint={`matched by service, kind and name; ${count(comparison.inBoth)} of ${count(comparison.steps.length)} in both`}
      tools={
        <Tabs
          label="Which steps"
          name="show"
          chosen={filter}
          tabs={filters.map((name) => [name, filterNames[name]] as const)}
          onChoose={(next) => choose({ show: next === 'all' ? null : next })}
        />
      }
    >
      {shown.length === 0 && <Empty title="No such step" />}
      {shown.length > 0 && (
        <div class="compare">
          <Table
            label="Steps"
            columns={columnsFor(comparison.totalUs)}
            rows={shown.map((step, place) => ({ ...step, place }))}
            keyOf={({ place }) => `${filter} ${place}`}
          />
        </div>
      )}
      {found.length > shown.length && (
        <p class="muted">
          and {count(found.length - shown.length)} more, which a filter may bring nearer
        </p>
      )}
    </Card>
  );
}

type Row = ComparedStep & { readonly place: number };

const wordsOfStep = ({ a, b }: Row): RowWords | null => a ?? b;
const isAccess = (words: RowWords) => (words.flags & (flag.reads | flag.writes)) !== 0;
const tookUsOf = (words: RowWords | null) => (words?.tookUs ? words.tookUs : '');

function stepName(words: RowWords): string {
  if (isAccess(words)) return `${words.name} ${words.flags & flag.writes ? 'write' : 'read'}`;
  return words.flags & flag.lock ? `lock ${words.name}` : words.name;
}

function columnsFor(totalUs: number): readonly Column<Row>[] {
  const bar = (name: 'A' | 'B', ofRow: (row: Row) => RowWords | null): Column<Row> => ({
    name,
    head: <span class={`letter of-${name.toLowerCase()}`}>{name}</span>,
    text: (row) => (ofRow(row) === null ? 'not there' : 'there'),
    cell: (row) => <Bar words={ofRow(row)} side={name === 'A' ? 'a' : 'b'} totalUs={totalUs} />,
  });
  const took = (name: string, ofRow: (row: Row) => RowWords | null): Column<Row> => ({
    name,
    unit: 'µs',
    isNumber: true,
    text: (row) => tookUsOf(ofRow(row)),
    cell: (row) => {
      const us = ofRow(row)?.tookUs;
      return us ? duration(us) : '';
    },
  });
  return [
    {
      name: 'Step',
      class: 'step',
      text: (row) => {
        const words = wordsOfStep(row);
        return words === null ? '' : `${words.service}: ${stepName(words)}`;
      },
      cell: (row) => <StepName row={row} />,
    },
    bar('A', ({ a }) => a),
    bar('B', ({ b }) => b),
    took('A took', ({ a }) => a),
    took('B took', ({ b }) => b),
    {
      name: 'Change',
      unit: 'µs',
      isNumber: true,
      isNamedBelow: false,
      text: ({ changeUs }) => changeUs ?? '',
      cell: ({ changeUs }) => changeUs !== null && <Change us={changeUs} />,
    },
    {
      name: 'Values',
      text: ({ a, b }) => (a?.value || b?.value ? `${a?.value ?? '–'} / ${b?.value ?? '–'}` : ''),
      cell: (row) => <Values row={row} />,
    },
  ];
}

function StepName({ row }: { row: Row }) {
  const words = wordsOfStep(row);
  if (words === null) return null;
  return (
    <span class="step-name" style={{ marginLeft: `${Math.min(row.depth, indentsMax) * 14}px` }}>
      <span class={`hue hue-${hueOf(words.service)}`} aria-hidden="true" />
      <bdi title={visible(words.service)}>{visible(stepName(words))}</bdi>
    </span>
  );
}

function Values({ row: { a, b } }: { row: Row }) {
  const words = a ?? b;
  if (words === null || !isAccess(words)) return null;
  return (
    <code>
      <span class="letter of-a">{a === null ? '–' : visible(a.value ?? '', 40)}</span> /{' '}
      <span class="letter of-b">{b === null ? '–' : visible(b.value ?? '', 40)}</span>
    </code>
  );
}

function Change({ us }: { us: number }) {
  if (us === 0) return <span class="muted">=</span>;
  const isSlower = us > 0;
  return (
    <span class={isSlower ? 'bad strong' : 'good strong'}>
      {isSlower ? '▲ +' : '▼ −'}
      {duration(Math.abs(us))}
    </span>
  );
}

function Bar(props: { words: RowWords | null; side: 'a' | 'b'; totalUs: number }) {
  const { words, side, totalUs } = props;
  if (words === null) return <span class="muted">not there</span>;
  const x = (words.startUs / totalUs) * 200;
  const isWrite = (words.flags & flag.writes) !== 0;
  return (
    <svg class="compare-bar" viewBox="-2 0 212 14" aria-hidden="true">
      <line x1="4" x2="204" y1="7" y2="7" />
      {words.tookUs === null ? (
        <circle class={`of-${side} ${isWrite ? 'full' : 'hollow'}`} cx={4 + x} cy="7" r="4" />
      ) : (
        <rect
          class={`full of-${side}`}
          x={4 + x}
          y="3"
          width={Math.max(2, (words.tookUs / totalUs) * 200)}
          height="8"
          rx="2"
        />
      )}
    </svg>
  );
}
