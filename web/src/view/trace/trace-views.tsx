import { useMemo } from 'preact/hooks';
import { useResource } from '../../api/resource.ts';
import type { TraceSummary, Timeline as WireTimeline } from '../../api/types.ts';
import { useKeys } from '../../app/keys.ts';
import { choose, search } from '../../app/route.ts';
import { count, duration } from '../../model/format.ts';
import {
  moved,
  readTimeline,
  rowsWith,
  type Span,
  type Timeline,
  zoomed,
} from '../../model/timeline.ts';
import { Card } from '../../ui/page.tsx';
import { Failed, Loading, Truncated } from '../../ui/states.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { CriticalCard } from './critical-card.tsx';
import { EventList } from './event-list.tsx';
import { Flame } from './flame.tsx';
import { Minimap } from './minimap.tsx';
import { RaceStrip } from './race-strip.tsx';
import { RowPanel } from './row-panel.tsx';
import { StatisticsTable } from './statistics-table.tsx';
import { ThreadsCard } from './threads-card.tsx';
import { Scale, Waterfall } from './waterfall.tsx';

const views = [
  ['waterfall', 'Waterfall'],
  ['flame', 'Flame'],
  ['events', 'Events'],
  ['threads', 'Threads & locks'],
  ['statistics', 'Statistics'],
] as const;
type View = (typeof views)[number][0];

/** A trace as it ran: whole, as a waterfall, as events, by threads; one row is looked at closely. */
export function TraceViews({ trace }: { trace: TraceSummary }) {
  const wire = useResource<WireTimeline>(
    `api/traces/${encodeURIComponent(trace.trace_id)}/timeline`,
  );
  const timeline = useMemo(
    () => (wire.data === null ? null : readTimeline(wire.data)),
    [wire.data],
  );
  if (timeline === null || wire.data === null) {
    if (wire.error !== null) return <Failed resource={wire} />;
    return <Loading what={`${count(trace.event_count)} events`} />;
  }
  const { truncated_by: truncatedBy } = wire.data;
  return (
    <>
      {truncatedBy !== null && <Truncated by={truncatedBy} />}
      <Views trace={trace} timeline={timeline} />
    </>
  );
}

/** What the address says of the page. */
function chosenOf(timeline: Timeline) {
  const get = (name: string) => search.value.get(name);
  const [from = Number.NaN, to = Number.NaN] = (get('t') ?? '').split(',').map(Number);
  const isSpan = from >= 0 && to > from && to <= timeline.totalUs;
  const row = Number(get('row') ?? -1);
  const view = views.find(([name]) => name === get('view'))?.[0] ?? 'waterfall';
  return {
    view,
    span: isSpan ? { from, to } : { from: 0, to: timeline.totalUs },
    row: Number.isInteger(row) && row >= 0 && row < timeline.rows ? row : -1,
    showsCritical: get('cp') !== '0',
    find: get('q') ?? '',
  };
}

function Views({ trace, timeline }: { trace: TraceSummary; timeline: Timeline }) {
  const { view, span, row, showsCritical, find } = chosenOf(timeline);
  const found = useMemo(() => rowsWith(timeline, find), [timeline, find]);
  const hits = useMemo(() => new Set(found), [found]);
  const stops = find === '' ? [...timeline.races.keys()] : found;
  const select = (next: number) => {
    const kept = Math.max(0, Math.min(next, timeline.rows - 1));
    choose({ row: String(kept) }, { replace: true });
  };
  const look = (next: Span | null) => {
    const isAll = next === null || next.to - next.from >= timeline.totalUs;
    const text = isAll ? null : `${Math.round(next.from)},${Math.round(next.to)}`;
    choose({ t: text }, { replace: true });
  };
  // Keys may come faster than the page is drawn.
  const now = () => chosenOf(timeline);
  const show = (next: View) => choose({ view: next === 'waterfall' ? null : next });
  useKeys({
    j: () => select(now().row + 1),
    k: () => select(now().row - 1),
    w: () => look(zoomed(now().span, 0.5, timeline.totalUs)),
    s: () => look(zoomed(now().span, 2, timeline.totalUs)),
    a: () => look(moved(now().span, -0.25, timeline.totalUs)),
    d: () => look(moved(now().span, 0.25, timeline.totalUs)),
    '0': () => look(null),
    n: () => select(stops.find((stop) => stop > now().row) ?? stops[0] ?? now().row),
    N: () => select(stops.findLast((stop) => stop < now().row) ?? stops.at(-1) ?? now().row),
    p: () => choose({ cp: now().showsCritical ? '0' : null }, { replace: true }),
    ...Object.fromEntries(views.map(([name], at) => [String(at + 1), () => show(name)])),
    Escape: () => choose({ row: null, q: null }, { replace: true }),
  });
  const fingerprints = [...new Set([...timeline.races.values()].flat())];
  return (
    <>
      <RaceStrip traceId={trace.trace_id} fingerprints={fingerprints} />
      <Card
        title="Whole trace"
        hint="drag to look closer; depth downwards"
        tools={
          <span class="muted">
            {duration(span.from)} – {duration(span.to)}
          </span>
        }
      >
        <Minimap timeline={timeline} span={span} onChange={look} />
      </Card>
      <div class="trace-columns">
        <div class="stack">
          <Card
            title={<Tabs label="View" name="view" chosen={view} tabs={views} onChoose={show} />}
            tools={
              view === 'waterfall' || view === 'flame' ? (
                <Find find={find} hits={found.length} rows={timeline.rows} />
              ) : undefined
            }
          >
            {view === 'waterfall' && (
              <>
                <Scale span={span} />
                <Waterfall
                  timeline={timeline}
                  span={span}
                  selected={row}
                  hits={hits}
                  showsCritical={showsCritical}
                  onSelect={select}
                />
                <p class="foot muted">
                  <kbd>w</kbd> <kbd>s</kbd> zoom <kbd>a</kbd> <kbd>d</kbd> earlier, later{' '}
                  <kbd>j</kbd> <kbd>k</kbd> row <kbd>n</kbd>{' '}
                  {find === '' ? 'next race' : 'next hit'} <kbd>p</kbd> critical path
                </p>
              </>
            )}
            {view === 'flame' && (
              <Flame timeline={timeline} span={span} selected={row} hits={hits} onSelect={select} />
            )}
            {view === 'statistics' && <StatisticsTable timeline={timeline} onSelect={select} />}
            {view === 'events' && (
              <EventList traceId={trace.trace_id} firstTime={trace.first_timestamp} />
            )}
          </Card>
          {view === 'threads' && (
            <ThreadsCard
              timeline={timeline}
              onSelect={(next) => choose({ view: null, row: String(next) })}
            />
          )}
        </div>
        <div class="stack">
          {row >= 0 && <RowPanel traceId={trace.trace_id} timeline={timeline} row={row} />}
          <CriticalCard timeline={timeline} onSelect={select} />
        </div>
      </div>
    </>
  );
}

function Find({ find, hits, rows }: { find: string; hits: number; rows: number }) {
  return (
    <label class="filter">
      <span>Find</span>
      <input
        type="search"
        value={find}
        placeholder="name, value, thread…"
        spellcheck={false}
        onInput={(event) => choose({ q: event.currentTarget.value }, { replace: true })}
      />
      <span class="muted found">{find === '' ? `${count(rows)} rows` : count(hits)}</span>
    </label>
  );
}
