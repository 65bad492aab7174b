import type { OperationLatency } from '../../api/types.ts';
import { zone } from '../../app/preferences.ts';
import { count, counted, duration, moment } from '../../model/format.ts';
import { Name } from '../../ui/name.tsx';
import { Card } from '../../ui/page.tsx';

const width = 272;
const height = 120;
const base = 96;

/** How the durations of one operation are spread, and how they were by hour and by day. */
export function OperationCard({ operation }: { operation: OperationLatency }) {
  const { hours, days } = operation;
  return (
    <>
      <Card title={<Name text={operation.operation} />} hint={counted(operation.count, 'time')}>
        <Histogram operation={operation} />
        <dl class="facts">
          <dt>Half within</dt>
          <dd>{duration(operation.p50_ms * 1000)}</dd>
          <dt>99.9 % within</dt>
          <dd>{duration(operation.p999_ms * 1000)}</dd>
          <dt>Slow from</dt>
          <dd>
            {operation.slow_from_ms === null
              ? 'not judged yet: too few are known'
              : duration(operation.slow_from_ms * 1000)}
          </dd>
        </dl>
      </Card>
      <Card title="By hour" hint="today">
        <Strip periods={hours} name="hour" />
      </Card>
      <Card title="By day" hint="the last 14">
        <Strip periods={days} name="day" />
      </Card>
    </>
  );
}

/** Bars on a scale of powers, with the median, the 99.9th percentile, and where slow begins. */
function Histogram({ operation }: { operation: OperationLatency }) {
  const { bars } = operation;
  const [first] = bars;
  const last = bars.at(-1);
  if (first === undefined || last === undefined) return null;
  const [least, most] = [Math.log(first.from_ms), Math.log(last.to_ms)];
  const xOf = (ms: number) =>
    ((Math.log(Math.max(ms, first.from_ms)) - least) / Math.max(1e-9, most - least)) * width;
  const highest = Math.max(...bars.map((bar) => bar.count));
  // One that happened once is seen beside one that happened a thousand times.
  const heightOf = (number: number) =>
    number === 0 ? 0 : Math.max(3, (Math.log1p(number) / Math.log1p(highest)) * (base - 22));
  const marks = [
    { ms: operation.p50_ms, text: 'half', class: 'median' },
    ...(operation.slow_from_ms === null || operation.slow_from_ms > last.to_ms
      ? []
      : [{ ms: operation.slow_from_ms, text: 'slow', class: 'slow' }]),
  ];
  return (
    <svg
      class="histogram"
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={`Durations from ${duration(first.from_ms * 1000)} to ${duration(last.to_ms * 1000)}, half of them within ${duration(operation.p50_ms * 1000)}`}
    >
      {bars.map((bar) => {
        const x = xOf(bar.from_ms);
        const high = heightOf(bar.count);
        return (
          <g key={bar.from_ms}>
            <title>{`${counted(bar.count, 'time')} from ${duration(bar.from_ms * 1000)}`}</title>
            <rect
              class={bar.flagged > 0 ? 'odd' : 'usual'}
              x={x}
              y={base - high}
              width={Math.max(1.5, xOf(bar.to_ms) - x - 1)}
              height={high}
            />
            {bar.flagged > 0 && (
              <text class="odd" x={x} y={base - high - 4}>
                ◆
              </text>
            )}
          </g>
        );
      })}
      {marks.map((mark) => (
        <g key={mark.text} class={mark.class}>
          <line x1={xOf(mark.ms)} x2={xOf(mark.ms)} y1="10" y2={base} />
          <text x={Math.min(xOf(mark.ms) + 3, width - 28)} y="10">
            {mark.text}
          </text>
        </g>
      ))}
      <text class="muted" x="0" y={height - 8}>
        {duration(first.from_ms * 1000)}
      </text>
      <text class="muted" x={width} y={height - 8} text-anchor="end">
        {duration(last.to_ms * 1000)}
      </text>
    </svg>
  );
}

type Period = OperationLatency['hours'][number];

/** One bar for each period: as high as the median, with a line up to the 99.9th percentile. */
function Strip({ periods, name }: { periods: readonly Period[]; name: string }) {
  if (periods.length === 0) return <p class="muted">Nothing is kept of any {name}.</p>;
  const most = Math.max(...periods.map(({ p999_ms: ms }) => ms), 0.001);
  const step = width / periods.length;
  const heightOf = (ms: number) => Math.max(2, (Math.log1p(ms) / Math.log1p(most)) * 60);
  return (
    <svg
      class="histogram"
      viewBox={`0 0 ${width} 84`}
      role="img"
      aria-label={`${counted(periods.length, name)}, the last with half of the durations within ${duration((periods.at(-1)?.p50_ms ?? 0) * 1000)}`}
    >
      {periods.map((one, place) => {
        const x = place * step;
        const middle = x + Math.min(step, 40) / 2;
        return (
          <g key={one.start}>
            <title>
              {`${moment(one.start, zone.value)}: ${counted(one.count, 'time')}, half within ${duration(one.p50_ms * 1000)}, 99.9 % within ${duration(one.p999_ms * 1000)}`}
            </title>
            <line class="reach" x1={middle} x2={middle} y1={70 - heightOf(one.p999_ms)} y2="70" />
            <rect
              class="usual"
              x={x}
              y={70 - heightOf(one.p50_ms)}
              width={Math.max(2, Math.min(step, 40) - 2)}
              height={heightOf(one.p50_ms)}
            />
            {one.flagged > 0 && (
              <text class="odd" x={middle} y={62 - heightOf(one.p999_ms)} text-anchor="middle">
                ◆
              </text>
            )}
          </g>
        );
      })}
      <text class="muted" x="0" y="83">
        {`${count(periods[0]?.count ?? 0)} times`}
      </text>
      <text class="muted" x={width} y="83" text-anchor="end">
        {periods.length > 1 ? `${count(periods.at(-1)?.count ?? 0)} times` : ''}
      </text>
    </svg>
  );
}
