import { useState } from 'preact/hooks';
import { query } from '../../api/client.ts';
import { useResource } from '../../api/resource.ts';
import { duration, offset } from '../../model/format.ts';
import { microsecondsBetween } from '../../model/time.ts';
import { describeEvent, type StoredEvent } from '../../model/trace/stored-event.ts';
import { shortPlace } from '../../model/words.ts';
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
  return (
    <Card title="Events" hint="as they were sent, by time">
      {page.data === null && page.error === null && <Loading what="events" />}
      {page.data === null && <Failed resource={page} />}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys. */}
      <section class="scroll" tabIndex={0} aria-label="Events">
        <table class="list">
          <thead>
            <tr>
              <th scope="col" class="number">
                Time
              </th>
              <th scope="col">Event</th>
              <th scope="col">What</th>
              <th scope="col">Place</th>
              <th scope="col">Service</th>
              <th scope="col">Thread</th>
              <th scope="col" class="number">
                Took
              </th>
            </tr>
          </thead>
          <tbody>
            {page.data?.events.map((event) => {
              const { kind, what, value, place, tookUs } = describeEvent(event);
              return (
                <tr key={event.id}>
                  <td class="number muted">
                    {offset(microsecondsBetween(firstTime, event.timestamp))}
                  </td>
                  <td>
                    <button
                      type="button"
                      class="plain"
                      aria-expanded={open === event.id}
                      onClick={() => setOpen(open === event.id ? null : event.id)}
                    >
                      <Name text={kind} />
                    </button>
                  </td>
                  <td>
                    <Code text={what} /> {value !== null && <code class="muted">{value}</code>}
                    {open === event.id && <EventText event={event} />}
                  </td>
                  <td class="muted">
                    <Code text={shortPlace(place)} title={place} />
                  </td>
                  <td>
                    <Service name={event.metadata.service_name} />
                  </td>
                  <td class="muted">
                    <Code text={event.metadata.thread_id} />
                  </td>
                  <td class="number" data-label="Took">
                    {tookUs === null ? '' : duration(tookUs)}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </section>
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
