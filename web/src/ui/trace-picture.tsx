import { useState } from 'preact/hooks';
import type { TraceHistogram as Histogram } from '../api/types.ts';
import { zone } from '../app/preferences.ts';
import { clock, count, counted, duration } from '../model/format.ts';
import {
  type Area,
  barsOf,
  durationTicks,
  type Frame,
  filtersOf,
  type Mark,
  marksOf,
  timeTicks,
} from '../model/trace/trace-picture.ts';
import { useWidth } from './use-width.ts';

const height = 190;
const margins = { left: 58, right: 14, top: 12, bottom: 28 };
/** Room that the text of a time needs. */
const tickWidth = 150;

/** What the marks of a picture of traces mean. */
export function TraceLegend() {
  return (
    <p class="legend">
      <span>
        <Sign worst="ordinary" /> ordinary
      </span>
      <span>
        <Sign worst="raced" /> in a race
      </span>
      <span>
        <Sign worst="failed" /> error
      </span>
      <span>
        <Sign worst="odd" /> slow or fast
      </span>
    </p>
  );
}

/** Traces over time, by how many there were or how long they took; dragging chooses a part. */
export function TracePicture(props: {
  readonly data: Histogram;
  readonly view: 'duration' | 'count';
  readonly onChoose: (filters: Readonly<Record<string, string>>) => void;
}) {
  const { data, view, onChoose } = props;
  const [room, width] = useWidth();
  const [area, setArea] = useState<Area | null>(null);
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
            if (chosen !== null) onChoose(chosen);
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
