import { useState } from 'preact/hooks';
import { query } from '../../api/client.ts';
import { useResource } from '../../api/resource.ts';
import type { TracePage } from '../../api/types.ts';
import { choose } from '../../app/route.ts';
import { counted, duration } from '../../model/format.ts';
import { shortId } from '../../model/words.ts';
import { Clock } from '../../ui/clock.tsx';
import { Code, Name } from '../../ui/name.tsx';
import { Card } from '../../ui/page.tsx';
import { Empty, Failed, Loading } from '../../ui/states.tsx';
import { useLater } from '../../ui/use-later.ts';

const shown = 12;
const typingMs = 300;

/** Choosing the trace of one side: for the second one, first those of the same operation. */
export function TraceChoice(props: {
  readonly letter: 'A' | 'B';
  readonly root: string | null;
  readonly other: string | null;
}) {
  const { letter, root, other } = props;
  const [text, setText] = useState('');
  const asked = useLater(text.trim(), typingMs);
  const wanted = asked === '' ? root : asked;
  const traces = useResource<TracePage>(`api/traces${query({ q: wanted, page_size: shown + 1 })}`);
  const found = traces.data?.traces.filter(({ trace_id: id }) => id !== other).slice(0, shown);
  return (
    <Card
      title={`Choose trace ${letter}`}
      hint={
        root === null || asked !== '' ? 'the newest' : <>the newest of {<Name text={root} />}</>
      }
      tools={
        <label class="filter">
          <span>Find</span>
          <input
            type="search"
            value={text}
            placeholder="root, trace id, service…"
            spellcheck={false}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
      }
    >
      {traces.data === null && traces.error === null && <Loading what="traces" />}
      {traces.data === null && <Failed resource={traces} />}
      {found?.length === 0 && <Empty title="No trace to choose" />}
      <ul class="rows">
        {letter === 'B' && root !== null && asked === '' && (
          <li>
            <button type="button" class="row" onClick={() => choose({ with: 'median' })}>
              <span>
                <b>The median</b> of the newest traces of <Name text={root} />
              </span>
              <span class="muted">what more than half of them do, and how long it takes</span>
            </button>
          </li>
        )}
        {found?.map((trace) => (
          <li key={trace.trace_id}>
            <button
              type="button"
              class="row"
              onClick={() => choose({ [letter.toLowerCase()]: trace.trace_id })}
            >
              <span>
                <b>
                  <Name text={trace.root === '' ? 'no operation' : trace.root} />
                </b>{' '}
                <Code text={shortId(trace.trace_id)} title={trace.trace_id} />
              </span>
              <span class="muted">
                {counted(trace.event_count, 'event')}, {duration(trace.duration_ms * 1000)}
              </span>
              <Clock time={trace.last_activity} />
            </button>
          </li>
        ))}
      </ul>
    </Card>
  );
}
