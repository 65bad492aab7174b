import { zone } from '../../app/preferences.ts';
import { clock } from '../../model/format.ts';
import type { ValueHistory, ValuePoint } from '../../model/race/value-history.ts';
import { accessWords, valueText } from '../../model/value-text.ts';
import { visible } from '../../model/visible.ts';

const height = 226;
const top = 16;
const bottom = 186;
const left = 110;
const right = 30;
const stepLeast = 26;
const widthLeast = 1000;

/** The value of a variable after each access, from left to right; gaps in time are cut. */
export function ValueChart({ history }: { history: ValueHistory }) {
  const { points, levels } = history;
  const steps = Math.max(1, points.length - 1);
  const step = Math.max(stepLeast, (widthLeast - left - right) / steps);
  const width = left + right + step * steps;
  const xOf = ({ x }: ValuePoint) => left + x * step;
  const yOf = (y: number) => bottom - y * (bottom - top);
  const line = points
    .map((point, place) => {
      const [x, y] = [xOf(point), yOf(point.y)];
      return place === 0 ? `M${x} ${y}` : `H${x}V${y}`;
    })
    .join('');
  const starts = points.filter(({ isAfterGap }, place) => place === 0 || isAfterGap);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys.
    <section class="scroll" tabIndex={0} aria-label="Values over time">
      <svg
        class="value-chart"
        viewBox={`0 0 ${width} ${height}`}
        style={{ minWidth: `${width}px` }}
        role="img"
        aria-label={spoken(points)}
      >
        {levels.map(({ y, text }) => (
          <g key={text}>
            <line class="grid" x1={left} x2={width - 8} y1={yOf(y)} y2={yOf(y)} />
            <text class="mono muted" x={left - 10} y={yOf(y) + 4} text-anchor="end">
              {visible(text, 14)}
            </text>
          </g>
        ))}
        {starts.map((point, place) => (
          <g key={point.x}>
            {place > 0 && (
              <line
                class="gap"
                x1={xOf(point) - step / 2}
                x2={xOf(point) - step / 2}
                y1={top - 10}
                y2={bottom + 10}
              />
            )}
            <text class="muted" x={xOf(point) - 4} y={height - 12}>
              {clock(point.access.timestamp, zone.value, Date.now())}
            </text>
          </g>
        ))}
        <path class="value" d={line} />
        {points.map((point) => (
          <Point key={point.x} point={point} x={xOf(point)} y={yOf(point.y)} />
        ))}
      </svg>
    </section>
  );
}

function Point({ point, x, y }: { point: ValuePoint; x: number; y: number }) {
  const { access, side, writes } = point;
  const shape = `${side === null ? 'of-none' : `of-${side.toLowerCase()}`} ${writes ? 'full' : 'hollow'}`;
  return (
    <g>
      <title>{`${accessWords(writes, access.new_value)} at ${visible(access.location)}`}</title>
      {side === 'B' ? (
        <rect class={shape} x={x - 5} y={y - 5} width="10" height="10" />
      ) : (
        <circle class={shape} cx={x} cy={y} r="5" />
      )}
      {access.is_lost && (
        <>
          <circle class="lost" cx={x} cy={y} r="10" />
          <text class="lost" x={x} y={y + 24} text-anchor="middle">
            lost
          </text>
        </>
      )}
    </g>
  );
}

function spoken(points: readonly ValuePoint[]): string {
  const lost = points.filter(({ access }) => access.is_lost).length;
  const last = points.at(-1)?.access.new_value;
  const words = `${points.length} accesses, the last value is ${valueText(last, 40)}`;
  return lost === 0 ? words : `${words}; ${lost} written values are lost`;
}
