import { query } from '../../api/client.ts';
import { useResource } from '../../api/resource.ts';
import type { IssueList, RaceFacets } from '../../api/types.ts';
import { search } from '../../app/route.ts';
import { chipsOf } from '../../model/filter-chips.ts';
import { count, counted } from '../../model/format.ts';
import { lazily } from '../../ui/lazy.tsx';
import { FilterChips } from '../../ui/list/filter-chips.tsx';
import { Page } from '../../ui/page.tsx';
import { CutShort, Failed, Loading, Outdated, Stale, Truncated } from '../../ui/states.tsx';
import { HiddenRaces } from './hidden-races.tsx';
import { KindOfRaces } from './kind-of-races.tsx';
import { NoRaces } from './no-races.tsx';
import { askedOfRaces, RaceFilters, raceFilterKinds } from './race-filters.tsx';
import { RaceTable } from './race-table.tsx';

const pageSize = 25;
const staleMs = 1500;
const refreshMs = 15_000;

const PotentialRaces = lazily(
  () => import('./potential-races.tsx').then((module) => module.PotentialRaces),
  'potential races',
);

/** All races: those that runs have shown, or those that single requests tell may come. */
export function RacesPage() {
  return search.value.get('potential') === '1' ? <PotentialRaces /> : <SeenRaces />;
}

/** Races that were seen, those that deserve a look first in front. */
function SeenRaces() {
  const asked = askedOfRaces();
  const get = (name: string) => search.value.get(name);
  const path = `api/races${query({ ...asked, sort: get('sort'), page: get('page'), view: 'list', page_size: pageSize })}`;
  const races = useResource<IssueList>(path, (list) => (list.stale ? staleMs : refreshMs));
  const facets = useResource<RaceFacets>(`api/races/facets${query(asked)}`, ({ stale }) =>
    stale ? staleMs : refreshMs,
  );
  const { data } = races;
  const hidden = facets.data?.hidden.map(({ filter, races: number }) => ({
    filter,
    count: number,
  }));
  const chips = chipsOf(raceFilterKinds, search.value, hidden ?? null);
  return (
    <Page title="Races" heading={data === null ? 'Races' : headingOf(data)}>
      <div class="head-line">
        <p class="muted">
          One row for each pair of places in your code. Those that deserve a look come first.
        </p>
        <KindOfRaces chosen="seen" />
      </div>
      <RaceFilters facets={facets.data} />
      <FilterChips chips={chips} />
      <Outdated resource={races} />
      {data === null && races.error === null && <Loading what="races" />}
      {data === null && <Failed resource={races} />}
      {data?.stale === true && <Stale waiting={data.waiting?.waiting_traces} />}
      {data !== null && data.truncated_by !== null && <Truncated by={data.truncated_by} />}
      {data !== null && data.truncated_by === null && (
        <CutShort cuts={data.cut} count={data.cut_count} />
      )}
      {data !== null && data.issues.length === 0 && <NoRaces isStale={data.stale} chips={chips} />}
      {data !== null && data.issues.length > 0 && <RaceTable list={data} asked={path} />}
      {data !== null && <HiddenRaces hidden={data.hidden} />}
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
