import { useMemo } from 'preact/hooks';
import { count, duration } from '../../model/format.ts';
import { stepSums } from '../../model/trace/statistics.ts';
import type { Timeline } from '../../model/trace/timeline.ts';
import { Name } from '../../ui/name.tsx';
import { Service } from '../../ui/service.tsx';

const rowsMax = 300;

/** Where the time of a trace went, by service and operation. */
export function StatisticsTable(props: {
  readonly timeline: Timeline;
  readonly onSelect: (row: number) => void;
}) {
  const { timeline, onSelect } = props;
  const sums = useMemo(() => stepSums(timeline), [timeline]);
  const more = sums.length - rowsMax;
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys. */}
      <section class="scroll" tabIndex={0} aria-label="Statistics">
        <table class="list">
          <thead>
            <tr>
              <th scope="col">Operation</th>
              <th scope="col">Service</th>
              <th scope="col" class="number">
                Times
              </th>
              <th scope="col" class="number">
                Itself
              </th>
              <th scope="col" class="number">
                In total
              </th>
              <th scope="col" class="number">
                Longest
              </th>
            </tr>
          </thead>
          <tbody>
            {sums.slice(0, rowsMax).map((sum) => (
              <tr key={`${sum.service} ${sum.kind} ${sum.name}`}>
                <td>
                  <button type="button" class="plain" onClick={() => onSelect(sum.row)}>
                    <Name text={sum.name} />
                  </button>
                </td>
                <td>
                  <Service name={sum.service} />
                </td>
                <td class="number" data-label="Times">
                  {count(sum.count)}
                </td>
                <td class="number" data-label="Itself">
                  {duration(sum.selfUs)}
                </td>
                <td class="number" data-label="In total">
                  {duration(sum.totalUs)}
                </td>
                <td class="number" data-label="Longest">
                  {duration(sum.longestUs)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {more > 0 && <p class="muted">and {count(more)} more operations</p>}
    </>
  );
}
