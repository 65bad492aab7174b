import { query } from '../../api/client.ts';
import { useResource } from '../../api/resource.ts';
import type { Issue, IssueList } from '../../api/types.ts';
import { choose, racePath, search } from '../../app/route.ts';
import { count, counted } from '../../model/format.ts';
import { lockNames } from '../../model/interleaving.ts';
import { evidenceWords, patternName, patternTitle, shortPlace } from '../../model/words.ts';
import { Clock } from '../../ui/clock.tsx';
import { Evidence } from '../../ui/evidence.tsx';
import { Choice, TextFilter } from '../../ui/filters.tsx';
import { MiniInterleaving } from '../../ui/mini-interleaving.tsx';
import { Code } from '../../ui/name.tsx';
import { Page } from '../../ui/page.tsx';
import { Pager } from '../../ui/pager.tsx';
import { RowLinks } from '../../ui/row-links.tsx';
import { Services } from '../../ui/service.tsx';
import { CutShort, Failed, Loading, Outdated, Stale, Truncated } from '../../ui/states.tsx';
import { NoRaces } from './no-races.tsx';

const pageSize = 25;
const staleMs = 1500;
const refreshMs = 15_000;

const patterns: readonly Issue['pattern'][] = [
  'lost_update',
  'dirty_read',
  'write_skew',
  'non_repeatable_read',
  'write_write',
  'read_write',
];
const levels: readonly Issue['evidence'][] = ['E0', 'E1', 'E2', 'E3', 'E4'];

/** The filters of the address, as the API takes them. */
function filters() {
  const get = (name: string) => search.value.get(name);
  return {
    pattern: get('pattern'),
    evidence: get('evidence'),
    severity: get('severity'),
    service: get('service'),
    environment: get('environment'),
    variable: get('variable'),
    scope: get('scope'),
    page: get('page'),
  };
}

/** All races, those that deserve a look first in front. */
export function RacesPage() {
  const chosen = filters();
  const races = useResource<IssueList>(
    `api/races${query({ ...chosen, view: 'list', page_size: pageSize })}`,
    (list) => (list.stale ? staleMs : refreshMs),
  );
  const { data } = races;
  return (
    <Page title="Races" heading={data === null ? 'Races' : headingOf(data)}>
      <p class="muted">
        One row for each pair of places in your code. Those that deserve a look come first.
      </p>
      <div class="filters">
        <Choice
          label="Pattern"
          name="pattern"
          any="any"
          options={patterns.map((value) => [value, patternName(value)])}
        />
        <Choice
          label="Evidence"
          name="evidence"
          any="overlapped or stronger"
          options={levels
            .filter((level) => level !== 'E1')
            .map((level) => [level, `${evidenceWords[level]} (${level}) or stronger`])}
        />
        <Choice
          label="Severity"
          name="severity"
          any="any"
          options={[
            ['CRITICAL', 'critical'],
            ['WARNING', 'warning'],
          ]}
        />
        <Choice label="Scope" name="scope" any="known" options={[['any', 'also unknown']]} />
        <TextFilter label="Service" name="service" />
        <TextFilter label="Environment" name="environment" />
        <TextFilter label="Variable" name="variable" />
      </div>
      <Outdated resource={races} />
      {data === null && races.error === null && <Loading what="races" />}
      {data === null && <Failed resource={races} />}
      {data?.stale === true && <Stale />}
      {data !== null && data.truncated_by !== null && <Truncated by={data.truncated_by} />}
      {data !== null && data.truncated_by === null && (
        <CutShort cuts={data.cut} count={data.cut_count} />
      )}
      {data !== null && data.issues.length === 0 && (
        <NoRaces isStale={data.stale} chosen={chosen} />
      )}
      {data !== null && data.issues.length > 0 && <RaceTable list={data} />}
    </Page>
  );
}

function headingOf({ total_issues: total, stale, issues }: IssueList): string {
  if (total === 0) return stale ? 'Still analysing' : 'No races here';
  const proven = issues.filter(({ evidence }) => evidence >= 'E3').length;
  const isWhole = issues.length === total;
  const words = counted(total, 'race');
  if (!isWhole || proven === 0) return words;
  return `${words}, ${proven === total ? 'all' : count(proven)} proven by the values they left behind`;
}

function RaceTable({ list }: { list: IssueList }) {
  return (
    <>
      <RowLinks>
        <table class="list">
          <thead>
            <tr>
              <th scope="col">
                <span class="hidden">Severity</span>
              </th>
              <th scope="col">Race</th>
              <th scope="col">
                Interleaving <span class="muted">A over B</span>
              </th>
              <th scope="col">Evidence</th>
              <th scope="col">Services</th>
              <th scope="col" class="number">
                Pairs at risk
              </th>
              <th scope="col" class="number">
                First seen
              </th>
              <th scope="col" class="number">
                Last seen
              </th>
            </tr>
          </thead>
          <tbody>
            {list.issues.map((issue) => (
              <RaceRow key={issue.fingerprint} issue={issue} />
            ))}
          </tbody>
        </table>
      </RowLinks>
      <p class="legend">
        <svg viewBox="0 0 14 14" aria-hidden="true">
          <circle class="of-a hollow" cx="7" cy="7" r="5" />
        </svg>
        reads
        <svg viewBox="0 0 30 14" class="wide" aria-hidden="true">
          <circle class="of-a full" cx="7" cy="7" r="5" />
          <rect class="of-b full" x="17" y="2" width="10" height="10" />
        </svg>
        writes, of request A and B
        <span class="keys">
          <kbd>j</kbd> <kbd>k</kbd> move <kbd>Enter</kbd> open
        </span>
      </p>
      <Pager
        page={list.page}
        pages={list.total_pages}
        onChange={(page) => choose({ page: page === 1 ? null : String(page) })}
      />
    </>
  );
}

function RaceRow({ issue }: { issue: Issue }) {
  const isCritical = issue.severity === 'CRITICAL';
  return (
    <tr>
      <td>
        <span class={isCritical ? 'sign bad' : 'sign warn'} title={issue.severity}>
          ▲<span class="hidden"> {issue.severity.toLowerCase()}</span>
        </span>
      </td>
      <td class="what">
        <a href={racePath(issue.fingerprint)}>
          {patternTitle(issue.pattern)} <Code text={issue.variable} />
        </a>
        <Places issue={issue} />
      </td>
      <td>
        <MiniInterleaving issue={issue} />
      </td>
      <td>
        <Evidence level={issue.evidence} />
      </td>
      <td>
        <Services names={issue.services} />
      </td>
      <td class="number" data-label="Pairs at risk">
        {count(issue.pairs_possible)}
      </td>
      <td class="number" data-label="First seen">
        <Clock time={issue.first_seen} />
      </td>
      <td class="number" data-label="Last seen">
        <Clock time={issue.last_seen} />
      </td>
    </tr>
  );
}

/** The two places with their locks; one of both says why they race. */
function Places({ issue }: { issue: Issue }) {
  const [first, second] = issue.sites;
  if (first.location === second.location && first.service === second.service) {
    return (
      <div class="places">
        <Code text={shortPlace(first.location)} title={first.location} /> against itself
        {first.locks.length > 0 && ', each with '}
        {first.locks.length > 0 && <Code text={lockNames(first).join(', ')} />}
      </div>
    );
  }
  return (
    <div class="places">
      <PlaceOf site={first} /> against <PlaceOf site={second} />
    </div>
  );
}

function PlaceOf({ site }: { site: Issue['sites'][number] }) {
  return (
    <>
      <Code text={shortPlace(site.location)} title={site.location} />{' '}
      {site.locks.length === 0 ? (
        'holds no lock'
      ) : (
        <>
          holds <Code text={lockNames(site).join(', ')} />
        </>
      )}
    </>
  );
}
