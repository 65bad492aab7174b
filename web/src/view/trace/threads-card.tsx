import { counted, duration } from '../../model/format.ts';
import { hueOf } from '../../model/hue.ts';
import { flag, type Span, type Timeline, wordsOf } from '../../model/trace/timeline.ts';
import { shortPlace } from '../../model/words.ts';
import { type Column, Table } from '../../ui/list/table.tsx';
import { Code } from '../../ui/name.tsx';
import { Card } from '../../ui/page.tsx';
import { Service } from '../../ui/service.tsx';

const linesMax = 500;

function time(name: string, ofUs: (thread: Thread) => number): Column<Thread> {
  return { name, unit: 'µs', isNumber: true, text: ofUs, cell: (row) => duration(ofUs(row)) };
}

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
  const locksOf = ({ thread, service }: Thread) =>
    locks.filter((row) => {
      const words = wordsOf(timeline, row);
      return words.thread === thread && words.service === service;
    });
  const columns: readonly Column<Thread>[] = [
    { name: 'Thread', text: ({ thread }) => thread, cell: ({ thread }) => <Code text={thread} /> },
    {
      name: 'Service',
      text: ({ service }) => service,
      cell: ({ service }) => <Service name={service} />,
    },
    {
      name: 'When, and with which locks',
      text: (row) =>
        locksOf(row)
          .map((lock) => wordsOf(timeline, lock).name)
          .join(', '),
      cell: (row) => (
        <ThreadBar timeline={timeline} service={row.service} span={row} locks={locksOf(row)} />
      ),
    },
    { name: 'Steps', isNumber: true, text: ({ steps }) => steps },
    time('From', ({ from }) => from),
    time('To', ({ to }) => to),
  ];
  return (
    <>
      <Card title="Threads" hint={counted(threads.length, 'thread')}>
        <Table
          label="Threads"
          isWhole
          columns={columns}
          rows={threads.slice(0, linesMax)}
          keyOf={({ thread, service }) => `${service} ${thread}`}
        />
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

const barWidth = 240;

/** When a thread did something; the thick part is a lock that it held. */
function ThreadBar(props: {
  readonly timeline: Timeline;
  readonly service: string;
  readonly span: Span;
  readonly locks: readonly number[];
}) {
  const { timeline, service, span, locks } = props;
  const xOf = (us: number) => (us / timeline.totalUs) * barWidth;
  const wide = (from: number, to: number) => Math.max(2, xOf(to) - xOf(from));
  return (
    <svg class="thread-bar" viewBox={`0 0 ${barWidth} 16`} aria-hidden="true">
      <line x1="0" x2={barWidth} y1="8" y2="8" />
      <rect
        class={`fill-${hueOf(service)}`}
        x={xOf(span.from)}
        y="6"
        width={wide(span.from, span.to)}
        height="4"
      />
      {locks.map((row) => {
        const { startUs, tookUs } = wordsOf(timeline, row);
        return (
          <rect
            key={row}
            class="held"
            x={xOf(startUs)}
            y="2"
            width={wide(startUs, startUs + (tookUs ?? 0))}
            height="12"
            rx="2"
          />
        );
      })}
    </svg>
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
