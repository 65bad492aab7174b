import { useState } from 'preact/hooks';
import { query } from '../../api/client.ts';
import { useResource } from '../../api/resource.ts';
import { duration, offset } from '../../model/format.ts';
import { microsecondsBetween } from '../../model/time.ts';
import { describeEvent, type StoredEvent } from '../../model/trace/stored-event.ts';
import { shortPlace } from '../../model/words.ts';
import { type Column, Table } from '../../ui/list/table.tsx';
import { Code, Name } from '../../ui/name.tsx';
import { Card } from '../../ui/page.tsx';
import { Service } from '../../ui/service.tsx';
import { Failed, Loading } from '../../ui/states.tsx';
import { EventText } from './event-text.tsx';

const pageSize = 100;

interface EventPage {
  readonly events: readonly StoredEvent[];
  readonly next_cursor: string | null;
}

/** The events of a trace as they were stored, in the order of their times. */
export function EventList({ traceId, firstTime }: { traceId: string; firstTime: string }) {
  const [cursors, setCursors] = useState<readonly string[]>([]);
  const [open, setOpen] = useState<string | null>(null);
  const cursor = cursors.at(-1) ?? null;
  const path = `api/traces/${encodeURIComponent(traceId)}/events`;
  const page = useResource<EventPage>(path + query({ limit: pageSize, cursor }));
  const next = page.data?.next_cursor ?? null;
  const columns: readonly Column<StoredEvent>[] = [
    {
      name: 'Time',
      isNumber: true,
      isNamedBelow: false,
      class: 'muted',
      text: ({ timestamp }) => timestamp,
      cell: ({ timestamp }) => offset(microsecondsBetween(firstTime, timestamp)),
    },
    {
      name: 'Event',
      text: (event) => describeEvent(event).kind,
      cell: (event) => (
        <button
          type="button"
          class="plain"
          aria-expanded={open === event.id}
          onClick={() => setOpen(open === event.id ? null : event.id)}
        >
          <Name text={describeEvent(event).kind} />
        </button>
      ),
    },
    {
      name: 'What',
      text: (event) => {
        const { what, value } = describeEvent(event);
        return value === null ? what : `${what} ${value}`;
      },
      cell: (event) => {
        const { what, value } = describeEvent(event);
        return (
          <>
            <Code text={what} /> {value !== null && <code class="muted">{value}</code>}
          </>
        );
      },
    },
    {
      name: 'Place',
      class: 'muted',
      text: (event) => describeEvent(event).place,
      cell: (event) => {
        const { place } = describeEvent(event);
        return <Code text={shortPlace(place)} title={place} />;
      },
    },
    {
      name: 'Service',
      text: ({ metadata }) => metadata.service_name,
      cell: ({ metadata }) => <Service name={metadata.service_name} />,
    },
    {
      name: 'Thread',
      class: 'muted',
      text: ({ metadata }) => metadata.thread_id,
      cell: ({ metadata }) => <Code text={metadata.thread_id} />,
    },
    {
      name: 'Took',
      unit: 'µs',
      isNumber: true,
      text: (event) => describeEvent(event).tookUs ?? '',
      cell: (event) => {
        const { tookUs } = describeEvent(event);
        return tookUs === null ? '' : duration(tookUs);
      },
    },
  ];
  return (
    <Card title="Events" hint="as they were sent, by time">
      {page.data === null && page.error === null && <Loading what="events" />}
      {page.data === null && <Failed resource={page} />}
      {page.data !== null && (
        <Table
          label="Events"
          columns={columns}
          rows={page.data.events}
          keyOf={({ id }) => id}
          below={(event) => (open === event.id ? <EventText event={event} /> : null)}
        />
      )}
      {(cursors.length > 0 || next !== null) && (
        <nav class="pager" aria-label="More events">
          <button
            type="button"
            disabled={cursors.length === 0}
            onClick={() => setCursors(cursors.slice(0, -1))}
          >
            Earlier
          </button>
          <button
            type="button"
            disabled={next === null}
            onClick={() => next !== null && setCursors([...cursors, next])}
          >
            Later
          </button>
        </nav>
      )}
    </Card>
  );
}
