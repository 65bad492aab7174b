import { counted, duration } from '../../model/format.ts';
import { flag, type Timeline, wordsOf } from '../../model/timeline.ts';
import { shortPlace } from '../../model/words.ts';
import { Code } from '../../ui/name.tsx';
import { Card } from '../../ui/page.tsx';
import { Service } from '../../ui/service.tsx';

const linesMax = 500;

/** Who did something, and which locks were held from when to when. */
export function ThreadsCard(props: {
  readonly timeline: Timeline;
  readonly onSelect: (row: number) => void;
}) {
  const { timeline, onSelect } = props;
  const threads = threadsOf(timeline);
  const locks = timeline.flags
    .flatMap((flags, row) => ((flags & flag.lock) === 0 ? [] : [row]))
    .slice(0, linesMax);
  return (
    <>
      <Card title="Threads" hint={counted(threads.length, 'thread')}>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys. */}
        <section class="scroll" tabIndex={0} aria-label="Threads">
          <table class="list">
            <thead>
              <tr>
                <th scope="col">Thread</th>
                <th scope="col">Service</th>
                <th scope="col" class="number">
                  Steps
                </th>
                <th scope="col" class="number">
                  From
                </th>
                <th scope="col" class="number">
                  To
                </th>
              </tr>
            </thead>
            <tbody>
              {threads.slice(0, linesMax).map(({ thread, service, steps, from, to }) => (
                <tr key={`${service} ${thread}`}>
                  <td>
                    <Code text={thread} />
                  </td>
                  <td>
                    <Service name={service} />
                  </td>
                  <td class="number" data-label="Steps">
                    {steps}
                  </td>
                  <td class="number" data-label="From">
                    {duration(from)}
                  </td>
                  <td class="number" data-label="To">
                    {duration(to)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      </Card>
      <Card title="Locks" hint={locks.length === 0 ? 'none was taken' : undefined}>
        <ul class="steps">
          {locks.map((row) => {
            const words = wordsOf(timeline, row);
            return (
              <li key={row}>
                <button type="button" class="plain" onClick={() => onSelect(row)}>
                  <Code text={words.name} /> <Code text={shortPlace(words.place)} /> by{' '}
                  <Code text={words.thread} />
                </button>
                <span class="number">
                  {words.tookUs === null ? 'not given back' : `held for ${duration(words.tookUs)}`}
                </span>
              </li>
            );
          })}
        </ul>
      </Card>
    </>
  );
}

interface Thread {
  readonly thread: string;
  readonly service: string;
  steps: number;
  from: number;
  to: number;
}

function threadsOf(timeline: Timeline): Thread[] {
  const found = new Map<string, Thread>();
  for (let row = 0; row < timeline.rows; row += 1) {
    const { thread, service, startUs, tookUs } = wordsOf(timeline, row);
    const key = JSON.stringify([service, thread]);
    const known = found.get(key);
    const to = startUs + (tookUs ?? 0);
    if (known === undefined) found.set(key, { thread, service, steps: 1, from: startUs, to });
    else {
      known.steps += 1;
      known.from = Math.min(known.from, startUs);
      known.to = Math.max(known.to, to);
    }
  }
  return [...found.values()].sort((a, b) => a.from - b.from);
}
