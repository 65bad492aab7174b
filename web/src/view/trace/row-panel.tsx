import { useResource } from '../../api/resource.ts';
import { racePath } from '../../app/route.ts';
import { duration } from '../../model/format.ts';
import type { StoredEvent } from '../../model/stored-event.ts';
import { accessWords, flag, type Timeline, wordsOf } from '../../model/timeline.ts';
import { visible } from '../../model/visible.ts';
import { Code, Name } from '../../ui/name.tsx';
import { Card } from '../../ui/page.tsx';
import { Service } from '../../ui/service.tsx';
import { Failed } from '../../ui/states.tsx';
import { EventText } from './event-text.tsx';

/** What the chosen row did, and the event behind it. */
export function RowPanel(props: {
  readonly traceId: string;
  readonly timeline: Timeline;
  readonly row: number;
}) {
  const { traceId, timeline, row } = props;
  const words = wordsOf(timeline, row);
  const event = useResource<StoredEvent>(
    `api/traces/${encodeURIComponent(traceId)}/timeline/${row}`,
  );
  const races = timeline.races.get(row) ?? [];
  return (
    <Card
      title={<Name text={words.name} />}
      tools={
        <span class="chips">
          {races.map((fingerprint) => (
            <a key={fingerprint} class="chip bad" href={racePath(fingerprint)}>
              ▲ race
            </a>
          ))}
          {(words.flags & flag.error) !== 0 && <span class="chip warn">✕ error</span>}
        </span>
      }
    >
      <dl class="facts">
        <dt>Kind</dt>
        <dd>{visible(words.kind)}</dd>
        {words.value !== null && (
          <>
            <dt>Did</dt>
            <dd>
              <code>{visible(accessWords(words))}</code>
            </dd>
          </>
        )}
        {words.place !== '' && (
          <>
            <dt>At</dt>
            <dd>
              <Code text={words.place} />
            </dd>
          </>
        )}
        <dt>After start</dt>
        <dd>{duration(words.startUs)}</dd>
        {words.tookUs !== null && (
          <>
            <dt>{(words.flags & flag.lock) === 0 ? 'Took' : 'Held'}</dt>
            <dd>{duration(words.tookUs)}</dd>
          </>
        )}
        <dt>Service</dt>
        <dd>
          <Service name={words.service} />
        </dd>
        <dt>Thread</dt>
        <dd>
          <Code text={words.thread} />
        </dd>
      </dl>
      <Failed resource={event} />
      {event.data !== null && (
        <details>
          <summary>The event as it was sent</summary>
          <EventText event={event.data} />
        </details>
      )}
    </Card>
  );
}
