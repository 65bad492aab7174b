import { query } from '../../api/client.ts';
import { useResource } from '../../api/resource.ts';
import type { PotentialList, PotentialRace } from '../../api/types.ts';
import { choose, search } from '../../app/route.ts';
import { counted } from '../../model/format.ts';
import { visible } from '../../model/visible.ts';
import { patternTitle, shortPlace } from '../../model/words.ts';
import { Choice, TextFilter } from '../../ui/list/filters.tsx';
import { Pager } from '../../ui/list/pager.tsx';
import { Code, Name } from '../../ui/name.tsx';
import { Page } from '../../ui/page.tsx';
import { Remedies } from '../../ui/remedies.tsx';
import { Service } from '../../ui/service.tsx';
import { Empty, Failed, Loading, Outdated, Stale } from '../../ui/states.tsx';
import { KindOfRaces } from './kind-of-races.tsx';

const pageSize = 25;
const staleMs = 1500;
const refreshMs = 15_000;

/** Races that no run has shown yet: what single requests do, and nothing would keep apart. */
export function PotentialRaces() {
  const get = (name: string) => search.value.get(name);
  const asked = {
    q: get('q'),
    service: get('service'),
    variable: get('variable'),
    pattern: get('pattern'),
    environment: get('environment'),
    scope: get('scope'),
  };
  const races = useResource<PotentialList>(
    `api/races${query({ potential: '1', ...asked, page: get('page'), page_size: pageSize })}`,
    ({ stale }) => (stale ? staleMs : refreshMs),
  );
  const { data } = races;
  const isFiltered = Object.values(asked).some((value) => value !== null);
  const unknown = data?.hidden.unknown_scope ?? 0;
  return (
    <Page
      title="Potential races"
      heading={data === null ? 'Potential races' : counted(data.total_issues, 'potential race')}
    >
      <div class="head-line">
        <p class="muted">
          No run has shown these: one request alone reads and then writes, and nothing would keep
          another one out. What was seen stands under Seen.
        </p>
        <KindOfRaces chosen="potential" />
      </div>
      <div class="filters">
        <TextFilter label="Find" name="q" placeholder="variable, service, place…" />
        <TextFilter label="Service" name="service" />
        <TextFilter label="Variable" name="variable" />
        <Choice label="Scope" name="scope" any="known" options={[['any', 'also unknown']]} />
      </div>
      <Outdated resource={races} />
      {data === null && races.error === null && <Loading what="potential races" />}
      {data === null && <Failed resource={races} />}
      {data?.stale === true && <Stale waiting={data.waiting?.waiting_traces} />}
      {data !== null && data.issues.length === 0 && (
        <Empty
          title={
            data.stale ? 'Still analysing' : isFiltered ? 'Filtered away' : 'No potential races'
          }
        >
          {isFiltered && (
            <p>
              <button
                type="button"
                onClick={() =>
                  choose({
                    ...Object.fromEntries(Object.keys(asked).map((name) => [name, null])),
                    page: null,
                  })
                }
              >
                Show all
              </button>
            </p>
          )}
        </Empty>
      )}
      <ul class="potential">
        {data?.issues.map((race) => (
          <PotentialCard key={race.fingerprint} race={race} />
        ))}
      </ul>
      {unknown > 0 && (
        <p class="left-out">
          Of {counted(unknown, 'more one', 'more')} nobody knows whether both sides mean one
          variable.{' '}
          <button type="button" class="plain" onClick={() => choose({ scope: 'any', page: null })}>
            Show them
          </button>
        </p>
      )}
      {data !== null && (
        <Pager
          page={data.page}
          pages={data.total_pages}
          onChange={(page) => choose({ page: page === 1 ? null : String(page) })}
        />
      )}
    </Page>
  );
}

function PotentialCard({ race }: { race: PotentialRace }) {
  const { actor, rival } = race;
  return (
    <li class="card">
      <h2>
        {patternTitle(race.pattern)} <Code text={race.variable} />
      </h2>
      <p>{visible(race.missing, 2000)}</p>
      <dl class="facts">
        <dt>Reads, then writes</dt>
        <dd>
          <Service name={actor.service} /> <Name text={actor.operation} />{' '}
          <span class="muted">
            at <Code text={shortPlace(actor.check.location)} title={actor.check.location} />, then{' '}
            <Code text={shortPlace(actor.act.location)} title={actor.act.location} />
          </span>
        </dd>
        <dt>May come between</dt>
        <dd>
          <Service name={rival.service} /> <Name text={rival.operation} />{' '}
          <span class="muted">
            at <Code text={shortPlace(rival.write.location)} title={rival.write.location} />
          </span>
        </dd>
        <dt>Seen</dt>
        <dd>{counted(race.seen_in, 'time')}, in single requests</dd>
      </dl>
      <details>
        <summary>How to close it</summary>
        <Remedies remedies={race.remedies} />
      </details>
    </li>
  );
}
