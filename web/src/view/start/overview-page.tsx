import { useResource } from '../../api/resource.ts';
import type { IssueList, Status, TracePage } from '../../api/types.ts';
import { racePath, tracePath } from '../../app/route.ts';
import { count, counted, duration } from '../../model/format.ts';
import { patternTitle } from '../../model/words.ts';
import { Against } from '../../ui/against.tsx';
import { Clock } from '../../ui/clock.tsx';
import { MiniInterleaving } from '../../ui/mini-interleaving.tsx';
import { Code, Name } from '../../ui/name.tsx';
import { Card, Page } from '../../ui/page.tsx';
import { Services } from '../../ui/service.tsx';
import { Empty, Failed, Loading, Outdated, Stale } from '../../ui/states.tsx';
import { Start } from './start.tsx';

/** How often the first page looks for something new; sooner while there is nothing. */
const refreshMs = 10_000;
const listenMs = 2000;
const rows = 5;

/** The first page: what deserves a look, or how to begin. */
export function OverviewPage() {
  const traces = useResource<TracePage>(`api/traces?page_size=${rows}`, (page) =>
    page.total_traces === 0 ? listenMs : refreshMs,
  );
  const races = useResource<IssueList>(`api/races?view=list&page_size=${rows}`, (list) =>
    list.stale ? listenMs : refreshMs,
  );
  const status = useResource<Status>('api/status', () => refreshMs);
  if (traces.data === null) {
    return (
      <Page title="Overview">
        {traces.error === null ? <Loading what="traces" /> : <Failed resource={traces} />}
      </Page>
    );
  }
  if (traces.data.total_traces === 0)
    return <Start storage={status.data?.storage.backend ?? null} />;
  const issues = races.data?.issues ?? [];
  return (
    <Page title="Overview">
      <Outdated resource={traces} />
      {races.data?.stale === true && <Stale />}
      <dl class="figures">
        <div class={races.data !== null && races.data.total_issues > 0 ? 'bad' : ''}>
          <dt>Races</dt>
          <dd>{races.data === null ? '…' : count(races.data.total_issues)}</dd>
        </div>
        <div>
          <dt>Traces</dt>
          <dd>{count(traces.data.total_traces)}</dd>
        </div>
        <div>
          <dt>Events</dt>
          <dd>{status.data === null ? '…' : count(status.data.events_captured)}</dd>
        </div>
      </dl>
      <div class="halves">
        <Card title="Look at these first" tools={<a href="races">All races →</a>}>
          {races.data === null && <Loading what="races" />}
          {races.data !== null && issues.length === 0 && (
            <Empty title={races.data.stale ? 'Still analysing' : 'No races found so far'} />
          )}
          <ul class="rows">
            {issues.map((issue) => (
              <li key={issue.fingerprint}>
                <a href={racePath(issue.fingerprint)}>
                  <span>
                    <b>
                      {patternTitle(issue.pattern)} <Code text={issue.variable} />
                    </b>
                    <br />
                    <Against sites={issue.sites} />
                  </span>
                  <MiniInterleaving issue={issue} />
                  <Services names={issue.services} max={2} />
                </a>
              </li>
            ))}
          </ul>
        </Card>
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
      </div>
    </Page>
  );
}
