import { useEffect, useMemo } from 'preact/hooks';
import { query } from '../../api/client.ts';
import { useResource } from '../../api/resource.ts';
import type {
  LocatedRow,
  Meanwhile,
  TraceSummary,
  Timeline as WireTimeline,
} from '../../api/types.ts';
import { go, racePath, search, tracePath } from '../../app/route.ts';
import { count, duration } from '../../model/format.ts';
import {
  type Folding,
  foldingDepth,
  linesOf,
  unfoldedTo,
  withAround,
} from '../../model/trace/lines.ts';
import { type OtherRequest, readMeanwhile } from '../../model/trace/meanwhile.ts';
import { stepRows } from '../../model/trace/step-rows.ts';
import { rowsWith, type Timeline } from '../../model/trace/timeline.ts';
import { lazily } from '../../ui/lazy.tsx';
import { useExport } from '../../ui/list/exports.ts';
import { Card } from '../../ui/page.tsx';
import { Failed, Loading, Stale, Truncated } from '../../ui/states.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import {
  chooseFolding,
  chooseRow,
  chooseSpan,
  chooseView,
  chosenOf,
  openAll,
  views,
} from './chosen.ts';
import { CriticalCard } from './critical-card.tsx';
import { EventList } from './event-list.tsx';
import { FindBox } from './find-box.tsx';
import { Flame } from './flame.tsx';
import type { StepGraphProps } from './graph.tsx';
import { Minimap } from './minimap.tsx';
import { RaceStrip } from './race-strip.tsx';
import { RowPanel } from './row-panel.tsx';
import { StatisticsTable } from './statistics-table.tsx';
import { ThreadsCard } from './threads-card.tsx';
import { Tree } from './tree.tsx';
import { useTimeline } from './use-timeline.ts';
import { useTraceKeys } from './use-trace-keys.ts';
import { Scale, Waterfall } from './waterfall.tsx';

const StepGraph = lazily<StepGraphProps>(
  () => import('./graph.tsx').then((module) => module.StepGraph),
  'the graph',
);

const staleMs = 2000;

/** A trace as it ran: whole, in several views of one selection; one row is looked at closely. */
export function TraceViews({ trace }: { trace: TraceSummary }) {
  const path = `api/traces/${encodeURIComponent(trace.trace_id)}`;
  const wire = useResource<WireTimeline>(`${path}/timeline`);
  const event = search.value.get('event');
  const located = useResource<LocatedRow>(
    event === null ? null : `${path}/timeline${query({ locate: event })}`,
  );
  const meanwhile = useResource<Meanwhile>(`${path}/meanwhile`, ({ stale }) =>
    stale ? staleMs : null,
  );
  const timeline = useTimeline(wire.data);
  const others = useMemo(
    () =>
      timeline === null || meanwhile.data === null ? [] : readMeanwhile(meanwhile.data, timeline),
    [timeline, meanwhile.data],
  );
  if (timeline === null || wire.data === null) {
    if (wire.error !== null) return <Failed resource={wire} />;
    return <Loading what={`${count(trace.event_count)} events`} />;
  }
  const { truncated_by: truncatedBy } = wire.data;
  return (
    <>
      {meanwhile.data?.stale === true && <Stale />}
      {truncatedBy !== null && <Truncated by={truncatedBy} />}
      <Views {...{ trace, timeline, others }} located={located.data?.row ?? null} />
      {meanwhile.data?.complete === false && (
        <p class="muted">
          Others may have done more meanwhile: not all variables, or not all requests, were looked
          at.
        </p>
      )}
    </>
  );
}

/** Where the other request of a line is looked at: in the race with it, else by itself. */
function openOther(other: OtherRequest): void {
  const [fingerprint] = other.fingerprints;
  go(fingerprint === undefined ? tracePath(other.traceId) : racePath(fingerprint));
}

function Views(props: {
  readonly trace: TraceSummary;
  readonly timeline: Timeline;
  readonly others: readonly OtherRequest[];
  /** The row of the event that the address names. */
  readonly located: number | null;
}) {
  const { trace, timeline, others, located } = props;
  useExport('Steps', () => stepRows(timeline));
  const foldsFrom = useMemo(() => foldingDepth(timeline), [timeline]);
  const read = () => chosenOf(timeline, foldsFrom);
  const chosen = read();
  const { view, span, row, marked, showsCritical, find, onlyHits, folding } = chosen;
  const found = useMemo(() => rowsWith(timeline, find), [timeline, find]);
  const hits = useMemo(() => new Set(found), [found]);
  const foldText = [folding.depth, ...folding.turned].join();
  const lines = useMemo(() => {
    const only = onlyHits ? withAround(timeline, hits) : null;
    const beside = others.map((other) => other.row);
    return linesOf(timeline, folding, beside, only);
  }, [timeline, foldText, others, onlyHits, hits]);
  const select = (next: number) => chooseRow(next, unfoldedTo(timeline, read().folding, next));
  useEffect(() => {
    if (located !== null) select(located);
  }, [located]);
  const fold = (next: number) => chooseFolding(next, read().folding);
  useTraceKeys({ timeline, lines, found, find, read, select, fold });
  const fingerprints = [...new Set([...timeline.races.values()].flat())];
  const hasLines = view === 'waterfall' || view === 'tree';
  const rowsView = { timeline, lines, folding, others, selected: row, hits };
  const onRows = { onSelect: select, onFold: fold, onOther: openOther };
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
        <Minimap
          timeline={timeline}
          span={span}
          onChange={(next) => chooseSpan(next, timeline.totalUs)}
        />
      </Card>
      <div class="trace-columns">
        <div class="stack">
          <Card
            title={
              <Tabs label="View" name="view" chosen={view} tabs={views} onChoose={chooseView} />
            }
            tools={
              hasLines || view === 'flame' ? (
                <FindBox {...{ find, onlyHits, found, row }} rows={timeline.rows} />
              ) : undefined
            }
          >
            {view === 'waterfall' && (
              <>
                <Scale span={span} />
                <Waterfall {...rowsView} {...onRows} {...{ span, marked, showsCritical }} />
              </>
            )}
            {view === 'tree' && <Tree {...rowsView} {...onRows} />}
            {hasLines && (
              <LinesFoot
                {...{ find, view }}
                folding={folding}
                isFolded={lines.length < timeline.rows && !onlyHits}
              />
            )}
            {view === 'flame' && (
              <Flame timeline={timeline} span={span} selected={row} hits={hits} onSelect={select} />
            )}
            {view === 'graph' && <StepGraph timeline={timeline} selected={row} onSelect={select} />}
            {view === 'statistics' && <StatisticsTable timeline={timeline} onSelect={select} />}
            {view === 'events' && (
              <EventList traceId={trace.trace_id} firstTime={trace.first_timestamp} />
            )}
          </Card>
          {view === 'threads' && <ThreadsCard timeline={timeline} onSelect={select} />}
        </div>
        <div class="stack">
          {row >= 0 && <RowPanel traceId={trace.trace_id} {...{ timeline, others, row, marked }} />}
          <CriticalCard timeline={timeline} onSelect={select} />
        </div>
      </div>
    </>
  );
}

/** Keys of the view, and whether deep steps are shown. */
function LinesFoot(props: {
  readonly find: string;
  readonly view: string;
  readonly folding: Folding;
  readonly isFolded: boolean;
}) {
  const { find, view, folding, isFolded } = props;
  const isChanged = folding.turned.size > 0 || search.value.get('open') === 'all';
  return (
    <p class="foot muted">
      {view === 'waterfall' && (
        <>
          <kbd>w</kbd> <kbd>s</kbd> zoom <kbd>a</kbd> <kbd>d</kbd> earlier, later{' '}
        </>
      )}
      <kbd>j</kbd> <kbd>k</kbd> row <kbd>←</kbd> <kbd>→</kbd> fold, open <kbd>n</kbd>{' '}
      {find === '' ? 'next race' : 'next hit'}{' '}
      {view === 'waterfall' && (
        <>
          <kbd>p</kbd> critical path <kbd>m</kbd> measure from here{' '}
        </>
      )}
      {(isFolded || isChanged) && (
        <button type="button" class="plain" onClick={() => openAll(isFolded)}>
          {isFolded ? 'Open all' : 'As at first'}
        </button>
      )}
    </p>
  );
}
