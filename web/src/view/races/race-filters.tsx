import type { Issue, RaceFacets } from '../../api/types.ts';
import { zone } from '../../app/preferences.ts';
import { search } from '../../app/route.ts';
import { askedRange } from '../../app/time-range.tsx';
import type { FilterKind } from '../../model/filter-chips.ts';
import { clock } from '../../model/format.ts';
import { endText } from '../../model/since.ts';
import { evidenceWords, patternName } from '../../model/words.ts';
import { FacetChoice } from '../../ui/list/facet.tsx';
import { Choice, MoreFilters, TextFilter } from '../../ui/list/filters.tsx';

const levels: readonly Issue['evidence'][] = ['E0', 'E1', 'E2', 'E3', 'E4'];

const evidenceText = (level: string) => {
  const known = levels.find((one) => one === level);
  return known === undefined ? level : `${evidenceWords[known]} (${known}) or stronger`;
};
const timeText = (value: string) => endText(value, (time) => clock(time, zone.value, Date.now()));

/** All filters of the list of races. */
export const raceFilterKinds: readonly FilterKind[] = [
  { name: 'q', label: 'Find', asked: ['q'] },
  { name: 'pattern', label: 'Pattern', asked: ['pattern'], textOf: patternName },
  { name: 'evidence', label: 'Evidence', asked: ['evidence'], textOf: evidenceText },
  {
    name: 'severity',
    label: 'Severity',
    asked: ['severity'],
    textOf: (value) => value.toLowerCase(),
  },
  { name: 'scope', label: 'Scope', asked: ['scope'], textOf: () => 'also unknown' },
  {
    name: 'state',
    label: 'State',
    asked: ['state'],
    textOf: (value) => (value === 'any' ? 'also ignored' : value),
  },
  { name: 'service', label: 'Service', asked: ['service'] },
  { name: 'environment', label: 'Environment', asked: ['environment'] },
  { name: 'variable', label: 'Variable', asked: ['variable'] },
  { name: 'since', label: 'Seen since', asked: ['since'], textOf: timeText },
  { name: 'until', label: 'First seen before', asked: ['until'], textOf: timeText },
];

/** The filters of the address, as the API takes them. */
export function askedOfRaces(): Readonly<Record<string, string | null>> {
  const get = (name: string) => search.value.get(name);
  return {
    q: get('q'),
    pattern: get('pattern'),
    evidence: get('evidence'),
    severity: get('severity'),
    service: get('service'),
    environment: get('environment'),
    variable: get('variable'),
    scope: get('scope'),
    state: get('state'),
    ...askedRange(),
  };
}

/** What races can be narrowed down by, with how many there are of each. */
export function RaceFilters({ facets }: { facets: RaceFacets | null }) {
  return (
    <div class="filters">
      <TextFilter label="Find" name="q" placeholder="variable, service, place…" />
      <MoreFilters>
        <FacetChoice
          label="Pattern"
          name="pattern"
          any="any"
          facet={facets?.patterns ?? null}
          textOf={patternName}
        />
        <Choice
          label="Evidence"
          name="evidence"
          any="overlapped or stronger"
          options={levels
            .filter((level) => level !== 'E1')
            .map((level) => [level, evidenceText(level)])}
        />
        <FacetChoice
          label="Severity"
          name="severity"
          any="any"
          facet={facets?.severities ?? null}
          textOf={(value) => value.toLowerCase()}
        />
        <Choice label="Scope" name="scope" any="known" options={[['any', 'also unknown']]} />
        <Choice
          label="State"
          name="state"
          any="not ignored"
          options={[
            ['any', 'also ignored'],
            ['open', 'open'],
            ['acknowledged', 'acknowledged'],
            ['resolved', 'resolved'],
            ['ignored', 'ignored'],
          ]}
        />
        <FacetChoice label="Service" name="service" any="any" facet={facets?.services ?? null} />
        <FacetChoice
          label="Environment"
          name="environment"
          any="any"
          facet={facets?.environments ?? null}
        />
        <FacetChoice label="Variable" name="variable" any="any" facet={facets?.variables ?? null} />
        <Choice
          label="Sort"
          name="sort"
          any="what deserves a look first"
          options={[
            ['last_seen', 'seen last first'],
            ['first_seen', 'new ones first'],
            ['variable', 'variable'],
          ]}
        />
      </MoreFilters>
    </div>
  );
}
