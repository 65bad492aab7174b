import { query } from '../../api/client.ts';
import { useResource } from '../../api/resource.ts';
import type { LatencyList, OperationLatency } from '../../api/types.ts';
import { choose, search } from '../../app/route.ts';
import { askedRange } from '../../app/time-range.tsx';
import { count, counted, duration } from '../../model/format.ts';
import { TextFilter } from '../../ui/list/filters.tsx';
import { Pager } from '../../ui/list/pager.tsx';
import { type Column, Table } from '../../ui/list/table.tsx';
import { Name } from '../../ui/name.tsx';
import { Page } from '../../ui/page.tsx';
import { Service } from '../../ui/service.tsx';
import { Empty, Failed, Loading, Outdated } from '../../ui/states.tsx';
import { AnomalyCard } from './anomaly-card.tsx';
import { OperationCard } from './operation-card.tsx';

/** Enough that most have one page, which each column then orders. */
const pageSize = 100;
const refreshMs = 30_000;

/** How long operations take: each by its history, and what was slow or fast of late. */
export function LatencyPage() {
  const get = (name: string) => search.value.get(name);
  const path = `api/latency${query({ q: get('q'), service: get('service'), ...askedRange(), page: get('page'), page_size: pageSize })}`;
  const latency = useResource<LatencyList>(path, () => refreshMs);
  const { data } = latency;
  const chosen = useChosen(data);
  const shown = chosen ?? mostTelling(data?.operations ?? []);
  const isRanged = get('since') !== null || get('until') !== null;
  const isFiltered = get('q') !== null || get('service') !== null;
  return (
    <Page
      title="Latency"
      heading={data === null ? 'Latency' : counted(data.total_operations, 'operation')}
    >
      <p class="muted">
        {isRanged
          ? 'Durations of the hours of this time, of its days where it begins more than a day ago'
          : 'Durations of the last 14 days'}
        ; each new one is judged by those before it.
      </p>
      <div class="filters">
        <TextFilter label="Find" name="q" placeholder="part of an operation" />
        <TextFilter label="Service" name="service" />
      </div>
      <Outdated resource={latency} />
      {data === null && latency.error === null && <Loading what="latency" />}
      {data === null && <Failed resource={latency} />}
      {data !== null && data.operations.length === 0 && <NoOperations isFiltered={isFiltered} />}
      {data !== null && data.operations.length > 0 && (
        <div class="trace-columns">
          <div class="stack">
            <OperationTable list={data} asked={path} shown={shown} />
            <AnomalyCard operation={chosen} />
          </div>
          <div class="stack">{shown !== null && <OperationCard operation={shown} />}</div>
        </div>
      )}
    </Page>
  );
}

/** The one that deserves a look where none is chosen: most odd ones, then the longest of its durations. */
function mostTelling(operations: readonly OperationLatency[]): OperationLatency | null {
  const byNeed = (a: OperationLatency, b: OperationLatency) =>
    b.flagged - a.flagged || b.p999_ms - a.p999_ms;
  return operations.toSorted(byNeed)[0] ?? null;
}

/** The operation that the address names, also when it is on another page of the list. */
function useChosen(list: LatencyList | null): OperationLatency | null {
  const key = search.value.get('op') ?? '';
  const find = (operations: readonly OperationLatency[] | undefined) =>
    operations?.find((one) => keyOf(one) === key) ?? null;
  const listed = find(list?.operations);
  const named = namedBy(key);
  const asked = useResource<LatencyList>(
    list === null || listed !== null || named === null ? null : `api/latency${query(named)}`,
  );
  return listed ?? find(asked.data?.operations);
}

function namedBy(key: string): { service: string; operation: string } | null {
  try {
    const [service, , operation] = JSON.parse(key) as unknown[];
    return typeof service === 'string' && typeof operation === 'string'
      ? { service, operation }
      : null;
  } catch {
    return null;
  }
}

function keyOf({ service, kind, operation, status }: OperationLatency): string {
  return JSON.stringify([service, kind, operation, status]);
}

function NoOperations({ isFiltered }: { isFiltered: boolean }) {
  if (!isFiltered) {
    return (
      <Empty title="No duration has arrived yet">
        <p>
          Events with a duration, and requests with their answers, are what is measured here.{' '}
          <a href="./">How to begin</a>
        </p>
      </Empty>
    );
  }
  return (
    <Empty title="Filtered away">
      <p>
        No operation is called like that.{' '}
        <button type="button" onClick={() => choose({ q: null, service: null, page: null })}>
          Show all
        </button>
      </p>
    </Empty>
  );
}

const columns: readonly Column<OperationLatency>[] = [
  {
    name: 'Operation',
    class: 'what',
    text: ({ operation, kind, status }) => `${operation} (${kind}, ${status})`,
    cell: (one) => (
      <>
        <a href={operationLink(one)}>
          <Name text={one.operation} />
        </a>{' '}
        {one.status === 'error' && <span class="chip warn">✕ errors</span>}
        <div class="places">
          <Name text={one.kind} />
        </div>
      </>
    ),
  },
  {
    name: 'Service',
    text: ({ service }) => service,
    cell: ({ service }) => <Service name={service} />,
  },
  {
    name: 'Times',
    isNumber: true,
    text: (one) => one.count,
    cell: (one) => count(one.count),
  },
  {
    name: 'Half within',
    unit: 'ms',
    isNumber: true,
    text: (one) => one.p50_ms,
    cell: (one) => duration(one.p50_ms * 1000),
  },
  {
    name: '99.9 % within',
    unit: 'ms',
    isNumber: true,
    text: (one) => one.p999_ms,
    cell: (one) => duration(one.p999_ms * 1000),
  },
  {
    name: 'Slow from',
    unit: 'ms',
    isNumber: true,
    class: 'muted',
    text: (one) => one.slow_from_ms ?? '',
    cell: (one) => (one.slow_from_ms === null ? 'being learnt' : duration(one.slow_from_ms * 1000)),
  },
  {
    name: 'Odd ones',
    text: (one) => one.flagged,
    cell: (one) => one.flagged > 0 && <span class="chip slow">◆ {count(one.flagged)}</span>,
  },
];

function operationLink(one: OperationLatency): string {
  const next = new URLSearchParams(search.value);
  next.set('op', keyOf(one));
  return `latency?${next.toString()}`;
}

function OperationTable(props: {
  readonly list: LatencyList;
  readonly asked: string;
  readonly shown: OperationLatency | null;
}) {
  const { list, asked, shown } = props;
  return (
    <>
      <Table
        label="Operations"
        isList
        isWhole={list.total_pages <= 1}
        asked={asked}
        columns={columns}
        rows={list.operations}
        keyOf={keyOf}
        isCurrent={(one) => shown !== null && keyOf(one) === keyOf(shown)}
      />
      <Pager
        page={list.page}
        pages={list.total_pages}
        onChange={(page) => choose({ page: page === 1 ? null : String(page) })}
      />
    </>
  );
}
