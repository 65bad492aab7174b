import type { Issue } from '../../api/types.ts';
import { racePath, tracePath } from '../../app/route.ts';
import { duration } from '../../model/format.ts';
import { isUntold, stepsOf, toldText } from '../../model/race/interleaving.ts';
import { microsecondsBetween } from '../../model/time.ts';
import { shortId } from '../../model/words.ts';
import { Clock } from '../../ui/clock.tsx';
import { Code } from '../../ui/name.tsx';
import { Card } from '../../ui/page.tsx';

/** The occurrences that are kept. */
export function WitnessTable(props: {
  readonly issue: Issue;
  readonly number: number;
  readonly onShow: (number: number) => void;
}) {
  const { issue, number, onShow } = props;
  const rows = issue.witnesses.map((witness) => ({ witness, steps: stepsOf(issue, witness) }));
  const isTold = rows.some(({ steps }) => !isUntold(steps));
  const isLossy = rows.some(({ steps }) => steps.some(({ lost }) => lost !== null));
  return (
    <Card
      title="Witnesses"
      hint={`${issue.witnesses.length} of the best kept; number ${number} is shown above`}
      tools={
        <>
          <button
            type="button"
            aria-label="Previous witness"
            disabled={number <= 1}
            onClick={() => onShow(number - 1)}
          >
            [
          </button>
          <button
            type="button"
            aria-label="Next witness"
            disabled={number >= issue.witnesses.length}
            onClick={() => onShow(number + 1)}
          >
            ]
          </button>
        </>
      }
    >
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys. */}
      <section class="scroll" tabIndex={0} aria-label="Witnesses">
        <table class="list">
          <thead>
            <tr>
              <th scope="col">No.</th>
              <th scope="col">A</th>
              <th scope="col">B</th>
              <th scope="col">Variable</th>
              {isTold && <th scope="col">Left behind</th>}
              {isLossy && <th scope="col">Lost</th>}
              <th scope="col" class="number">
                Apart
              </th>
              <th scope="col" class="number">
                When
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ witness, steps }, place) => {
              const [a, b] = witness.events;
              const lost = steps.find((step) => step.lost !== null)?.lost ?? null;
              const last = steps.findLast((step) => step.writes);
              return (
                <tr
                  key={a.event_id + b.event_id}
                  aria-current={place + 1 === number ? 'true' : undefined}
                >
                  <td>
                    <a href={racePath(issue.fingerprint, place + 1)}>{place + 1}</a>
                  </td>
                  <td data-label="A">
                    <a class="of-a" href={tracePath(a.trace_id)}>
                      <Code text={shortId(a.trace_id)} title={a.trace_id} />
                    </a>
                  </td>
                  <td data-label="B">
                    <a class="of-b" href={tracePath(b.trace_id)}>
                      <Code text={shortId(b.trace_id)} title={b.trace_id} />
                    </a>
                  </td>
                  <td data-label="Variable">
                    <Code text={witness.variable} />
                  </td>
                  {isTold && (
                    <td data-label="Left behind">
                      <code>{toldText(last?.value) ?? 'not told'}</code>
                    </td>
                  )}
                  {isLossy && (
                    <td data-label="Lost">
                      {lost === null ? <span class="muted">–</span> : <s class="bad">{lost}</s>}
                    </td>
                  )}
                  <td class="number" data-label="Apart">
                    {duration(Math.abs(microsecondsBetween(a.timestamp, b.timestamp)))}
                  </td>
                  <td class="number" data-label="When">
                    <Clock time={a.timestamp} />
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </section>
    </Card>
  );
}
