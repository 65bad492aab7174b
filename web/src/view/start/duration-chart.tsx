import { count, counted, duration } from '../../model/format.ts';
import type { DurationBar } from '../../model/overview.ts';
import { useWidth } from '../../ui/use-width.ts';

/** Room that the text of a duration needs. */
const tickWidth = 64;
const height = 190;
const floor = height - 26;
const ceiling = 22;

/** How many traces took how long: a bar for each step of time. */
export function DurationChart({ bars }: { bars: readonly DurationBar[] }) {
  const [room, width] = useWidth();
  const step = width / bars.length;
  const every = Math.max(1, Math.ceil(tickWidth / Math.max(1, step)));
  const most = Math.max(...bars.map(({ total }) => total));
  // Few beside many are still seen.
  const highOf = (total: number) => Math.sqrt(total / most) * (floor - ceiling);
  return (
    <div class="chart-room" ref={room}>
      {width > 0 && (
        <svg
          class="histogram"
          viewBox={`0 0 ${width} ${height}`}
          width={width}
          height={height}
          role="img"
          aria-label={spoken(bars)}
        >
          <line class="reach" x1="0" x2={width} y1={floor} y2={floor} />
          {bars.map(({ fromMs, toMs, total, odd }, place) => {
            const x = place * step;
            const high = highOf(total);
            const ofOdd = total === 0 ? 0 : high * (odd / total);
            return (
              <g key={fromMs}>
                <title>{`${counted(total, 'trace')} of ${duration(fromMs * 1000)} to ${duration(toMs * 1000)}`}</title>
                <rect class="usual" x={x + 2} width={step - 4} y={floor - high} height={high} />
                <rect class="odd" x={x + 2} width={step - 4} y={floor - high} height={ofOdd} />
                {total > 0 && (
                  <text x={x + step / 2} y={floor - high - 6} text-anchor="middle">
                    {count(total)}
                  </text>
                )}
                {place % every === 0 && (
                  <text class="muted" x={x} y={height - 8}>
                    {duration(fromMs * 1000)}
                  </text>
                )}
              </g>
            );
          })}
        </svg>
      )}
    </div>
  );
}

function spoken(bars: readonly DurationBar[]): string {
  const all = bars.reduce((sum, { total }) => sum + total, 0);
  const [first, last] = [bars[0], bars.at(-1)];
  return `${counted(all, 'trace')} that took from ${duration((first?.fromMs ?? 0) * 1000)} to ${duration((last?.toMs ?? 0) * 1000)}`;
}
