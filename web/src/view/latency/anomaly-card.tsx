import { query } from '../../api/client.ts';
import { useResource } from '../../api/resource.ts';
import type { AnomalyList, OperationLatency } from '../../api/types.ts';
import { choose, search, tracePath } from '../../app/route.ts';
import { askedRange } from '../../app/time-range.tsx';
import { duration } from '../../model/format.ts';
import { shortId, shortPlace } from '../../model/words.ts';
import { Clock } from '../../ui/clock.tsx';
import { type Column, Table } from '../../ui/list/table.tsx';
import { Code, Name } from '../../ui/name.tsx';
import { Card } from '../../ui/page.tsx';
import { Service } from '../../ui/service.tsx';
import { Failed } from '../../ui/states.tsx';

const refreshMs = 30_000;

const columns: readonly Column<AnomalyList['anomalies'][number]>[] = [
  {
    name: 'What',
    text: (one) => `${one.kind} ${one.event_kind}`,
    cell: (one) => (
      <>
        <span class="slow">◆</span> {one.kind}{' '}
        <span class="muted">
          <Name text={one.event_kind} />
        </span>
      </>
    ),
  },
  {
    name: 'Service',
    text: ({ service }) => service,
    cell: ({ service }) => <Service name={service} />,
  },
  {
    name: 'Took',
    unit: 'ms',
    isNumber: true,
    text: (one) => one.actual_duration_ms,
    cell: (one) => duration(one.actual_duration_ms * 1000),
  },
  {
    name: 'Usually',
    unit: 'ms',
    isNumber: true,
    class: 'muted',
    text: (one) => one.p50_ms,
    cell: (one) => duration(one.p50_ms * 1000),
  },
  {
    name: 'Place',
    class: 'muted',
    text: ({ location }) => location,
    cell: ({ location }) => <Code text={shortPlace(location)} title={location} />,
  },
  {
    name: 'Trace',
    class: 'id',
    text: (one) => one.trace_id,
    cell: (one) => (
      <a href={tracePath(one.trace_id, one.event_id)}>
        <Code text={shortId(one.trace_id)} title={one.trace_id} />
      </a>
    ),
  },
  {
    name: 'When',
    isNumber: true,
    text: ({ timestamp }) => timestamp,
    cell: ({ timestamp }) => <Clock time={timestamp} />,
  },
];

/** What was slow or fast, of one operation or of all; the latest first. */
export function AnomalyCard({ operation }: { operation: OperationLatency | null }) {
  const cursor = search.value.get('before');
  const chosen = { service: operation?.service, operation: operation?.operation };
  const found = useResource<AnomalyList>(
    `api/anomalies${query({ ...chosen, ...askedRange(), limit: 20, cursor })}`,
    () => (cursor === null ? refreshMs : null),
  );
  const { data } = found;
  const next = data?.next_cursor ?? null;
  return (
    <Card
      title="Slow and fast ones"
      hint={operation === null ? 'of all operations' : <Name text={operation.operation} />}
    >
      {data === null && <Failed resource={found} />}
      {data !== null && data.anomalies.length === 0 && (
        <p class="muted">Nothing was out of the ordinary.</p>
      )}
      {data !== null && data.anomalies.length > 0 && (
        <Table
          label="Slow and fast ones"
          columns={columns}
          rows={data.anomalies}
          keyOf={(one) => `${one.trace_id} ${one.event_id}`}
        />
      )}
      {(cursor !== null || next !== null) && (
        <nav class="pager" aria-label="More of them">
          <button type="button" disabled={cursor === null} onClick={() => choose({ before: null })}>
            Latest
          </button>
          <button type="button" disabled={next === null} onClick={() => choose({ before: next })}>
            Earlier
          </button>
        </nav>
      )}
    </Card>
  );
}
