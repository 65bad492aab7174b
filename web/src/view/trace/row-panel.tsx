import { query } from '../../api/client.ts';
import { useResource } from '../../api/resource.ts';
import { racePath, tracePath, variablePath } from '../../app/route.ts';
import { duration } from '../../model/format.ts';
import { type OtherRequest, otherText } from '../../model/trace/meanwhile.ts';
import type { StoredEvent } from '../../model/trace/stored-event.ts';
import {
  accessWords,
  flag,
  locksAt,
  type RowWords,
  skewText,
  slackText,
  type Timeline,
  wordsOf,
} from '../../model/trace/timeline.ts';
import { visible } from '../../model/visible.ts';
import { shortId } from '../../model/words.ts';
import { Code, Name } from '../../ui/name.tsx';
import { Card } from '../../ui/page.tsx';
import { Place } from '../../ui/place.tsx';
import { Service } from '../../ui/service.tsx';
import { Failed } from '../../ui/states.tsx';
import { EventFacts } from './event-facts.tsx';
import { EventText } from './event-text.tsx';

/** What the chosen row did, the event behind it, and what others did meanwhile. */
export function RowPanel(props: {
  readonly traceId: string;
  readonly timeline: Timeline;
  readonly others: readonly OtherRequest[];
  readonly row: number;
  readonly marked: number;
}) {
  const { traceId, timeline, row, marked } = props;
  const words = wordsOf(timeline, row);
  const event = useResource<StoredEvent>(
    `api/traces/${encodeURIComponent(traceId)}/timeline/${row}`,
  );
  const races = timeline.races.get(row) ?? [];
  const isAccess = (words.flags & (flag.reads | flag.writes)) !== 0;
  const others = props.others.filter((other) =>
    isAccess ? other.variable === words.name : other.row === row,
  );
  return (
    <Card
      class="row-panel"
      title={
        <span id="row-panel" tabIndex={-1}>
          <Name text={words.name} />
        </span>
      }
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
        <RowFacts timeline={timeline} row={row} words={words} marked={marked} />
        {event.data !== null && <EventFacts event={event.data} held={locksAt(timeline, row)} />}
      </dl>
      {others.length > 0 && <Meanwhile others={others} />}
      <p class="links">
        {isAccess && <a href={variablePath(words.name)}>History of the variable</a>}
        {words.tookUs !== null && (words.flags & flag.lock) === 0 && (
          <a href={`latency${query({ q: words.name.slice(0, 200) })}`}>
            How long it takes elsewhere
          </a>
        )}
      </p>
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

function RowFacts(props: {
  readonly timeline: Timeline;
  readonly row: number;
  readonly words: RowWords;
  readonly marked: number;
}) {
  const { timeline, row, words, marked } = props;
  const slack = slackText(timeline, row);
  const skew = skewText(timeline, row);
  const sinceMark = words.startUs - (timeline.start[marked] ?? 0);
  return (
    <>
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
            <Place place={words.place} />
          </dd>
        </>
      )}
      <dt>After start</dt>
      <dd>{duration(words.startUs)}</dd>
      {marked >= 0 && marked !== row && (
        <>
          <dt>{sinceMark < 0 ? 'Before the mark' : 'After the mark'}</dt>
          <dd>{duration(Math.abs(sinceMark))}</dd>
        </>
      )}
      {words.tookUs !== null && (
        <>
          <dt>{(words.flags & flag.lock) === 0 ? 'Took' : 'Held'}</dt>
          <dd>{duration(words.tookUs)}</dd>
        </>
      )}
      {slack !== null && (
        <>
          <dt>Slack</dt>
          <dd>{slack}</dd>
        </>
      )}
      {skew !== null && (
        <>
          <dt>Clock</dt>
          <dd>{skew}</dd>
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
    </>
  );
}

const othersMax = 8;

function Meanwhile({ others }: { others: readonly OtherRequest[] }) {
  return (
    <>
      <h3>Meanwhile</h3>
      <ul class="meanwhile">
        {others.slice(0, othersMax).map((other) => (
          <li
            key={`${other.traceId} ${other.row}`}
            class={other.fingerprints.length > 0 ? 'bad' : ''}
          >
            <a href={tracePath(other.traceId)}>
              <Name text={other.name} /> <Code text={shortId(other.traceId)} />
            </a>{' '}
            <code>{visible(otherText(other), 300)}</code>{' '}
            {other.fingerprints.map((fingerprint) => (
              <a key={fingerprint} href={racePath(fingerprint)}>
                ▲ how it happened
              </a>
            ))}
          </li>
        ))}
        {others.length > othersMax && <li class="muted">and {others.length - othersMax} more</li>}
      </ul>
    </>
  );
}
