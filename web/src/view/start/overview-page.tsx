import { query } from '../../api/client.ts';
import { useResource } from '../../api/resource.ts';
import type { IssueList, TracePage } from '../../api/types.ts';
import { tracePath } from '../../app/route.ts';
import { askedRange } from '../../app/time-range.tsx';
import { counted, duration } from '../../model/format.ts';
import { Clock } from '../../ui/clock.tsx';
import { lazily } from '../../ui/lazy.tsx';
import { Name } from '../../ui/name.tsx';
import { Card, Page } from '../../ui/page.tsx';
import { Services } from '../../ui/service.tsx';
import { Failed, Loading, Outdated, Stale, Truncated } from '../../ui/states.tsx';

/** How often the first page looks for something new; sooner while there is nothing. */
const refreshMs = 10_000;
const listenMs = 2000;
const rows = 5;
/** Enough to say of all of them how many are proven; more are counted only. */
const racesMax = 25;

const Start = lazily(() => import('./start.tsx').then((module) => module.Start), 'how to begin');
const OverviewCards = lazily(
  () => import('./overview-cards.tsx').then((module) => module.OverviewCards),
  'the overview',
);

/** The first page: what deserves a look, or how to begin. */
export function OverviewPage() {
  const asked = askedRange();
  const traces = useResource<TracePage>(`api/traces?page_size=${rows}`, (page) =>
    page.total_traces === 0 ? listenMs : refreshMs,
  );
  const races = useResource<IssueList>(
    `api/races${query({ view: 'list', ...asked, page_size: racesMax })}`,
    (list) => (list.stale ? listenMs : refreshMs),
  );
  if (traces.data === null) {
    return (
      <Page title="Overview">
        {traces.error === null ? <Loading what="traces" /> : <Failed resource={traces} />}
      </Page>
    );
  }
  if (traces.data.total_traces === 0) return <Start />;
  return (
    <Page title="Overview">
      <Outdated resource={traces} />
      {races.data?.stale === true && <Stale waiting={races.data.waiting?.waiting_traces} />}
      {races.data !== null && races.data.truncated_by !== null && (
        <Truncated by={races.data.truncated_by} />
      )}
      <OverviewCards asked={asked} races={races.data} />
      <Card title="Newest traces" tools={<a href="traces">All traces →</a>}>
        <ul class="rows">
          {traces.data.traces.map((trace) => (
            <li key={trace.trace_id}>
              <a href={tracePath(trace.trace_id)}>
                <span>
                  <b>
                    <Name text={trace.root} />
                  </b>
                  <br />
                  <span class="muted">
                    {counted(trace.event_count, 'event')}, {duration(trace.duration_ms * 1000)}
                  </span>
                </span>
                <Services names={trace.services} max={2} />
                <Clock time={trace.last_activity} />
              </a>
            </li>
          ))}
        </ul>
      </Card>
    </Page>
  );
}
