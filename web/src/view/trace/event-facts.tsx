import { query } from '../../api/client.ts';
import type { StoredEvent } from '../../model/trace/stored-event.ts';
import { valueText } from '../../model/value-text.ts';
import { visible } from '../../model/visible.ts';
import { Code } from '../../ui/name.tsx';

/** Tags, and parts of a vector clock, that are shown; all are in the text of the event. */
const shownMax = 12;
/** Characters of a tag, name and value, that the server finds traces by. */
const findableCharacters = 256;

/** What an event tells beyond its row: locks, instance, vector clock, tags. */
export function EventFacts(props: {
  readonly event: StoredEvent;
  /** What its thread held, as its trace tells. */
  readonly held: readonly string[];
}) {
  const { event, held } = props;
  const { metadata } = event;
  const locks = [...new Set([...held, ...(event.lock_set ?? []).map(lockName)])];
  const clock = event.causality_vector ?? [];
  const tags = Object.entries(metadata.tags ?? {});
  return (
    <>
      {locks.length > 0 && (
        <>
          <dt>Locks held</dt>
          <dd>
            <Code text={locks.join(', ')} />
          </dd>
        </>
      )}
      {typeof metadata.instance_id === 'string' && (
        <>
          <dt>Instance</dt>
          <dd>
            <Code text={metadata.instance_id} />
          </dd>
        </>
      )}
      {clock.length > 0 && (
        <>
          <dt title="How much of each thread had happened before, as far as the event knows">
            Vector clock
          </dt>
          <dd>
            {clock.slice(0, shownMax).map((part, place) => (
              <span key={place}>
                {place > 0 && ', '}
                <Code text={clockPart(part)} />
              </span>
            ))}
            {clock.length > shownMax && ' …'}
          </dd>
        </>
      )}
      {tags.slice(0, shownMax).map(([name, value]) => (
        <TagFact key={name} name={name} value={value} />
      ))}
      {tags.length > shownMax && (
        <>
          <dt>Tags</dt>
          <dd class="muted">and {tags.length - shownMax} more</dd>
        </>
      )}
    </>
  );
}

function TagFact({ name, value }: { name: string; value: unknown }) {
  const tag = tagOf(name, value);
  return (
    <>
      <dt>
        <bdi>{visible(name, 60)}</bdi>
      </dt>
      <dd>
        <code>
          <bdi>{typeof value === 'string' ? visible(value) : valueText(value, 200)}</bdi>
        </code>
        {tag !== null && (
          <>
            {' '}
            <a href={`traces${query({ tag })}`} title="All traces with this tag">
              traces
            </a>
          </>
        )}
      </dd>
    </>
  );
}

/** How a list asks for a tag; null: it cannot, or nobody knows how the server writes the value. */
function tagOf(name: string, value: unknown): string | null {
  if (
    name === '' ||
    name.includes(':') ||
    (typeof value !== 'string' && typeof value !== 'boolean')
  )
    return null;
  const text = `${name}:${String(value)}`;
  return text.length > findableCharacters ? null : text;
}

function lockName(lock: unknown): string {
  return typeof lock === 'string' ? lock : valueText(lock, 80);
}

function clockPart(part: unknown): string {
  if (!Array.isArray(part)) return valueText(part, 80);
  return part.map((item) => (typeof item === 'string' ? item : valueText(item, 40))).join(' ');
}
