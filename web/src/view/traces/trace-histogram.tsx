import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { query } from '../../api/client.ts';
import { useResource } from '../../api/resource.ts';
import type { TraceHistogram as Histogram } from '../../api/types.ts';
import { zone } from '../../app/preferences.ts';
import { choose, search } from '../../app/route.ts';
import { clock, count, counted, duration } from '../../model/format.ts';
import {
  type Area,
  barsOf,
  durationTicks,
  type Frame,
  filtersOf,
  type Mark,
  marksOf,
  timeTicks,
} from '../../model/trace/trace-picture.ts';
import { Card } from '../../ui/page.tsx';
import { Failed } from '../../ui/states.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import type { askedOfTraces } from './trace-filters.ts';

const refreshMs = 15_000;
const height = 190;
const margins = { left: 58, right: 14, top: 12, bottom: 28 };
/** Room that the text of a time needs. */
const tickWidth = 150;

const views = [
  ['duration', 'Duration'],
  ['count', 'Count'],
] as const;

/** Traces over time, by how many there were or how long they took; dragging chooses a part. */
export function TraceHistogram(props: {
  readonly asked: ReturnType<typeof askedOfTraces>;
  readonly isFollowing: boolean;
}) {
  const { asked, isFollowing } = props;
  const found = useResource<Histogram>(`api/traces/histogram${query(asked)}`, () =>
    isFollowing ? refreshMs : null,
  );
  const view = search.value.get('chart') === 'count' ? 'count' : 'duration';
  const { data } = found;
  if (data === null) {
    return found.error === null ? <div class="card picture-room" /> : <Failed resource={found} />;
  }
  if (data.total === 0) return null;
  return (
    <Card
      class="trace-picture"
      title={view === 'count' ? 'How many' : 'How long they took'}
      hint={
        data.complete
          ? 'drag to choose a part'
          : `the latest ${count(data.total)} that were found; drag to choose a part`
      }
      tools={
        <Tabs
          label="What the picture shows"
          name="chart"
          chosen={view}
          tabs={views}
          onChoose={(chart) => choose({ chart: chart === 'duration' ? null : chart })}
        />
      }
    >
      <Picture data={data} view={view} />
      <p class="legend">
        <Sign worst="ordinary" /> ordinary <Sign worst="raced" /> in a race <Sign worst="failed" />{' '}
        error <Sign worst="odd" /> slow or fast
      </p>
    </Card>
  );
}

function Picture({ data, view }: { data: Histogram; view: 'duration' | 'count' }) {
  const room = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  const [area, setArea] = useState<Area | null>(null);
  useLayoutEffect(() => {
    const element = room.current;
    if (element === null) return;
    const observer = new ResizeObserver(([entry]) => setWidth(entry?.contentRect.width ?? 0));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const frame: Frame = {
    ...{ left: margins.left, top: margins.top },
    width: Math.max(1, width - margins.left - margins.right),
    height: height - margins.top - margins.bottom,
  };
  const placeOf = (event: PointerEvent) => {
    const { left, top } = (event.currentTarget as Element).getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  };
  const most = Math.max(1, ...data.buckets.map(({ total }) => total));
  return (
    <div class="picture-room" ref={room}>
      {width > 0 && (
        <svg
          viewBox={`0 0 ${width} ${height}`}
          width={width}
          height={height}
          role="img"
          aria-label={spoken(data)}
          onPointerDown={(event) => {
            if (event.button !== 0) return;
            event.currentTarget.setPointerCapture(event.pointerId);
            const { x, y } = placeOf(event);
            setArea({ x0: x, x1: x, y0: y, y1: y });
          }}
          onPointerMove={(event) => {
            if (area === null) return;
            const { x, y } = placeOf(event);
            setArea({ ...area, x1: x, y1: y });
          }}
          onPointerUp={() => {
            const chosen = area && filtersOf(data, frame, area, view === 'duration');
            setArea(null);
            if (chosen !== null) choose({ ...chosen, cursor: null });
          }}
          onPointerCancel={() => setArea(null)}
        >
          {view === 'duration'
            ? durationTicks(data, frame).map(({ ms, y }) => (
                <g key={ms}>
                  <line class="grid" x1={frame.left} x2={frame.left + frame.width} y1={y} y2={y} />
                  <text x={frame.left - 8} y={y + 4} text-anchor="end">
                    {duration(ms * 1000)}
                  </text>
                </g>
              ))
            : [0, most].map((total) => {
                const y = frame.top + frame.height * (1 - total / most);
                return (
                  <g key={total}>
                    <line
                      class="grid"
                      x1={frame.left}
                      x2={frame.left + frame.width}
                      y1={y}
                      y2={y}
                    />
                    <text x={frame.left - 8} y={y + 4} text-anchor="end">
                      {count(total)}
                    </text>
                  </g>
                );
              })}
          {timeTicks(data, frame, Math.max(1, Math.floor(frame.width / tickWidth))).map(
            ({ time, x }) => (
              <text key={x} x={x} y={height - 8}>
                {clock(time, zone.value, Date.now())}
              </text>
            ),
          )}
          {view === 'duration'
            ? marksOf(data, frame).map((mark) => (
                <g key={mark.key}>
                  <title>{counted(mark.count, 'trace')}</title>
                  <Shape mark={mark} />
                </g>
              ))
            : barsOf(data, frame).map(({ key, happening, ...part }) => (
                <rect key={key} class={happening} {...part} />
              ))}
          {area !== null && <Brush area={area} frame={frame} isHigh={view === 'count'} />}
        </svg>
      )}
    </div>
  );
}

function Brush({ area, frame, isHigh }: { area: Area; frame: Frame; isHigh: boolean }) {
  const y = isHigh ? frame.top : Math.min(area.y0, area.y1);
  return (
    <rect
      class="brush"
      x={Math.min(area.x0, area.x1)}
      y={y}
      width={Math.abs(area.x1 - area.x0)}
      height={isHigh ? frame.height : Math.abs(area.y1 - area.y0)}
    />
  );
}

/** Shape says what colour says. */
function Shape({ mark: { x, y, size, worst } }: { mark: Omit<Mark, 'count' | 'key'> }) {
  if (worst === 'ordinary') return <circle class="ordinary" cx={x} cy={y} r={size} />;
  const r = size + 1.5;
  if (worst === 'raced') {
    return <path class="raced" d={`M${x} ${y - r}L${x + r} ${y + r}H${x - r}Z`} />;
  }
  if (worst === 'odd') {
    return <path class="odd" d={`M${x} ${y - r}L${x + r} ${y}L${x} ${y + r}L${x - r} ${y}Z`} />;
  }
  return (
    <path
      class="failed"
      d={`M${x - r} ${y - r}L${x + r} ${y + r}M${x + r} ${y - r}L${x - r} ${y + r}`}
    />
  );
}

function Sign({ worst }: { worst: Mark['worst'] }) {
  return (
    <svg viewBox="0 0 14 14" class="trace-sign" aria-hidden="true">
      <Shape mark={{ x: 7, y: 7, size: 3.5, worst }} />
    </svg>
  );
}

function spoken({ total, buckets }: Histogram): string {
  const sum = (name: 'raced' | 'failed' | 'odd') =>
    buckets.reduce((all, bucket) => all + bucket[name], 0);
  return (
    `${counted(total, 'trace')} over time: ${count(sum('raced'))} in a race, ` +
    `${counted(sum('failed'), 'error')}, ${count(sum('odd'))} slow or fast`
  );
}
