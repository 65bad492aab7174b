import { query } from '../../api/client.ts';
import { useResource } from '../../api/resource.ts';
import type { AnomalyList, OperationLatency } from '../../api/types.ts';
import { choose, search, tracePath } from '../../app/route.ts';
import { duration } from '../../model/format.ts';
import { shortId, shortPlace } from '../../model/words.ts';
import { Clock } from '../../ui/clock.tsx';
import { Code, Name } from '../../ui/name.tsx';
import { Card } from '../../ui/page.tsx';
import { Service } from '../../ui/service.tsx';
import { Failed } from '../../ui/states.tsx';

const refreshMs = 30_000;

/** What was slow or fast, of one operation or of all; the latest first. */
export function AnomalyCard({ operation }: { operation: OperationLatency | null }) {
  const cursor = search.value.get('before');
  const chosen = { service: operation?.service, operation: operation?.operation };
  const found = useResource<AnomalyList>(
    `api/anomalies${query({ ...chosen, limit: 20, cursor })}`,
    () => (cursor === null ? refreshMs : null),
  );
  const { data } = found;
  const next = data?.next_cursor ?? null;
  return (
    <Card
      title="Slow and fast ones"
      hint={operation === null ? 'of all operations' : <Name text={operation.operation} />}
    >
      {data === null && <Failed resource={found} />}
      {data !== null && data.anomalies.length === 0 && (
        <p class="muted">Nothing was out of the ordinary.</p>
      )}
      {data !== null && data.anomalies.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys.
        <section class="scroll" tabIndex={0} aria-label="Slow and fast ones">
          <table class="list">
            <thead>
              <tr>
                <th scope="col">What</th>
                <th scope="col">Service</th>
                <th scope="col" class="number">
                  Took
                </th>
                <th scope="col" class="number">
                  Usually
                </th>
                <th scope="col">Place</th>
                <th scope="col">Trace</th>
                <th scope="col" class="number">
                  When
                </th>
              </tr>
            </thead>
            <tbody>
              {data.anomalies.map((one) => (
                <tr key={`${one.trace_id} ${one.event_id}`}>
                  <td>
                    <span class="slow">◆</span> {one.kind}{' '}
                    <span class="muted">
                      <Name text={one.event_kind} />
                    </span>
                  </td>
                  <td>
                    <Service name={one.service} />
                  </td>
                  <td class="number" data-label="Took">
                    {duration(one.actual_duration_ms * 1000)}
                  </td>
                  <td class="number muted" data-label="Usually">
                    {duration(one.p50_ms * 1000)}
                  </td>
                  <td class="muted">
                    <Code text={shortPlace(one.location)} title={one.location} />
                  </td>
                  <td>
                    <a href={tracePath(one.trace_id)}>
                      <Code text={shortId(one.trace_id)} title={one.trace_id} />
                    </a>
                  </td>
                  <td class="number" data-label="When">
                    <Clock time={one.timestamp} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      {(cursor !== null || next !== null) && (
        <nav class="pager" aria-label="More of them">
          <button type="button" disabled={cursor === null} onClick={() => choose({ before: null })}>
            Latest
          </button>
          <button type="button" disabled={next === null} onClick={() => choose({ before: next })}>
            Earlier
          </button>
        </nav>
      )}
    </Card>
  );
}
