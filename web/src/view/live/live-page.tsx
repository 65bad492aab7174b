import { useRef, useState } from 'preact/hooks';
import { query } from '../../api/client.ts';
import { useLive } from '../../api/live.ts';
import type { Issue, LiveMessage, TraceSummary } from '../../api/types.ts';
import { useKeys } from '../../app/keys.ts';
import { choose, racePath, search } from '../../app/route.ts';
import { count, counted } from '../../model/format.ts';
import {
  barsMax,
  type LiveList,
  liveFilters,
  nothingYet,
  passes,
  withBar,
  withRace,
  withTrace,
} from '../../model/live-list.ts';
import { patternTitle } from '../../model/words.ts';
import { TextFilter } from '../../ui/list/filters.tsx';
import { type Column, Table } from '../../ui/list/table.tsx';
import { traceColumns } from '../../ui/list/trace-columns.tsx';
import { MiniInterleaving } from '../../ui/mini-interleaving.tsx';
import { Code } from '../../ui/name.tsx';
import { Card, Page } from '../../ui/page.tsx';
import { Empty } from '../../ui/states.tsx';
import { Tabs } from '../../ui/tabs.tsx';

const filterNames = { all: 'All', races: 'Races', errors: 'Errors', slow: 'Slow' } as const;

const columns: readonly Column<TraceSummary>[] = [
  { ...traceColumns.lastActivity, isNumber: false, class: 'muted' },
  traceColumns.happened,
  traceColumns.root,
  traceColumns.services,
  traceColumns.events,
  traceColumns.duration,
  traceColumns.findings,
  traceColumns.id,
];

interface Rates {
  readonly traces: number;
  readonly events: number;
  readonly bars: readonly number[];
}

/** Traces as they arrive. */
export function LivePage() {
  const get = (name: string) => search.value.get(name);
  const [list, setList] = useState(nothingYet);
  const [rates, setRates] = useState<Rates>({ traces: 0, events: 0, bars: [] });
  const [unshown, setUnshown] = useState(0);
  const [isPaused, setPaused] = useState(false);
  /** What arrives while nobody may move the list. */
  const held = useRef<LiveMessage[]>([]);
  const [heldCount, setHeldCount] = useState(0);
  const take = (message: LiveMessage) => {
    if (message.type === 'trace') setList((before) => withTrace(before, message.data));
    else if (message.type === 'race') {
      setList((before) => withRace(before, message.data as unknown as Issue));
    }
  };
  const state = useLive(`api/live${query({ q: get('q'), service: get('service') })}`, (message) => {
    if (message.type === 'lost') setUnshown((before) => before + message.data.messages);
    else if (message.type === 'stats') {
      const { seconds, events, traces, skipped_traces: skipped } = message.data;
      setUnshown((before) => before + skipped);
      if (seconds === 0) return;
      setRates(({ bars }) => ({
        traces: traces / seconds,
        events: events / seconds,
        bars: withBar(bars, traces / seconds),
      }));
    } else if (isPaused) {
      held.current = [...held.current, message].slice(-heldMax);
      setHeldCount(held.current.length);
    } else take(message);
  });
  const pause = (next: boolean) => {
    setPaused(next);
    if (next) return;
    for (const message of held.current) take(message);
    held.current = [];
    setHeldCount(0);
  };
  useKeys({ ' ': () => pause(!isPaused) });
  const filter = liveFilters.find((name) => name === get('show')) ?? 'all';
  const shown = list.traces.filter((trace) => passes(filter, trace));
  return (
    <Page title="Live">
      <div class="filters">
        <TextFilter label="Find" name="q" placeholder="root, trace id, service…" />
        <TextFilter label="Service" name="service" />
        <button type="button" onClick={() => pause(!isPaused)}>
          {isPaused ? `Go on (${count(heldCount)} waiting)` : 'Pause'} <kbd>Space</kbd>
        </button>
        <button type="button" onClick={() => setList(nothingYet)}>
          Clear
        </button>
      </div>
      {state.value === 'away' && (
        <p class="notice warn" role="status">
          The stream has broken off; it is tried again by itself.
        </p>
      )}
      <div class="live-rates">
        <dl class="figures small">
          <div>
            <dt>traces a second</dt>
            <dd>{rateText(rates.traces)}</dd>
          </div>
          <div>
            <dt>events a second</dt>
            <dd>{rateText(rates.events)}</dd>
          </div>
        </dl>
        <Bars bars={rates.bars} />
      </div>
      {unshown > 0 && (
        <p class="notice" role="status">
          {counted(unshown, 'trace is', 'traces are')} not shown here: more arrive than anybody
          reads. <a href="traces">All are in the list</a>
        </p>
      )}
      <NewRaces list={list} />
      <Card
        title="Traces as they arrive"
        hint="settled for a second before they are shown; the list stops while you point at it or have scrolled into it"
        tools={
          <Tabs
            label="Which traces"
            name="show"
            chosen={filter}
            tabs={liveFilters.map((name) => [name, filterNames[name]] as const)}
            onChoose={(next) => choose({ show: next === 'all' ? null : next }, { replace: true })}
          />
        }
      >
        {shown.length === 0 ? (
          <Empty title={state.value === 'open' ? 'Listening' : 'Connecting…'}>
            <p class="muted">What is stored from now on appears here.</p>
          </Empty>
        ) : (
          <div onPointerEnter={() => pause(true)} onPointerLeave={() => pause(false)}>
            <Table
              label="Traces as they arrive"
              isList
              asked={`${filter} ${search.value}`}
              columns={columns}
              rows={shown}
              keyOf={({ trace_id: id }) => id}
            />
          </div>
        )}
      </Card>
    </Page>
  );
}

const heldMax = 1000;

function rateText(rate: number): string {
  return rate < 10 ? rate.toFixed(1) : count(Math.round(rate));
}

function Bars({ bars }: { bars: readonly number[] }) {
  const most = Math.max(...bars, 1);
  return (
    <svg
      class="live-bars"
      viewBox={`0 0 ${barsMax * 10} 40`}
      preserveAspectRatio="none"
      role="img"
      aria-label="Traces a second in the last minute"
    >
      {bars.map((rate, place) => {
        const high = Math.max(1, (rate / most) * 36);
        return (
          <rect
            key={place}
            x={(barsMax - bars.length + place) * 10 + 1}
            y={40 - high}
            width="8"
            height={high}
          />
        );
      })}
    </svg>
  );
}

function NewRaces({ list }: { list: LiveList }) {
  if (list.races.length === 0) return null;
  return (
    <ul class="race-strip rows" aria-live="polite">
      {list.races.map((issue) => (
        <li key={issue.fingerprint}>
          <a href={racePath(issue.fingerprint)}>
            <span>
              <span class="chip bad">new race</span>{' '}
              <b>
                {patternTitle(issue.pattern)} <Code text={issue.variable} />
              </b>
            </span>
            <MiniInterleaving issue={issue} />
            <span class="link">Open →</span>
          </a>
        </li>
      ))}
    </ul>
  );
}
