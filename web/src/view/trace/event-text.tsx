import { useState } from 'preact/hooks';
import { exactJson } from '../../model/exact-json.ts';
import type { StoredEvent } from '../../model/trace/stored-event.ts';
import { visible } from '../../model/visible.ts';

const charactersMax = 4000;
const charactersWhole = 1024 * 1024;

/** An event as JSON, numbers as they were sent; a long one begins folded. */
export function EventText({ event }: { event: StoredEvent }) {
  const [isWhole, setWhole] = useState(false);
  const text = exactJson(event);
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys. */}
      <pre class="event-text" tabIndex={0}>
        {text
          .slice(0, isWhole ? charactersWhole : charactersMax)
          .split('\n')
          .map((line) => `${visible(line, charactersWhole)}\n`)
          .join('')}
      </pre>
      {text.length > charactersMax && !isWhole && (
        <button type="button" onClick={() => setWhole(true)}>
          Show all
        </button>
      )}
    </>
  );
}
