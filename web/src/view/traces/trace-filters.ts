import { zone } from '../../app/preferences.ts';
import { search } from '../../app/route.ts';
import { askedRange } from '../../app/time-range.tsx';
import type { FilterKind } from '../../model/filter-chips.ts';
import { clock, duration } from '../../model/format.ts';
import { endText } from '../../model/since.ts';

const happeningWords: Readonly<Record<string, string>> = {
  race: 'in a race',
  error: 'an error',
  odd: 'slow or fast',
};

const timeText = (value: string) => endText(value, (time) => clock(time, zone.value, Date.now()));

const milliseconds = (value: string) => duration(Number(value) * 1000);

/** All filters of the list of traces. */
export const traceFilterKinds: readonly FilterKind[] = [
  { name: 'q', label: 'Find', asked: ['q'] },
  {
    name: 'has',
    label: 'What happened',
    asked: ['has_races', 'has_errors', 'has_anomalies'],
    textOf: (value) => happeningWords[value] ?? value,
  },
  { name: 'service', label: 'Service', asked: ['service'] },
  { name: 'operation', label: 'Root', asked: ['operation'] },
  { name: 'variable', label: 'Variable', asked: ['variable'] },
  { name: 'tag', label: 'Tag', asked: ['tag'], isRepeated: true },
  { name: 'environment', label: 'Environment', asked: ['environment'] },
  { name: 'min', label: 'Took at least', asked: ['min_duration_ms'], textOf: milliseconds },
  { name: 'max', label: 'Took at most', asked: ['max_duration_ms'], textOf: milliseconds },
  { name: 'events', label: 'Events at least', asked: ['min_events'] },
  { name: 'since', label: 'Since', asked: ['since'], textOf: timeText },
  { name: 'until', label: 'Until', asked: ['until'], textOf: timeText },
];

/** The filters of the address, as the API takes them. */
export function askedOfTraces(): Readonly<Record<string, string | readonly string[] | null>> {
  const get = (name: string) => search.value.get(name);
  const has = get('has');
  return {
    q: get('q'),
    service: get('service'),
    operation: get('operation'),
    variable: get('variable'),
    tag: search.value.getAll('tag'),
    environment: get('environment'),
    has_races: has === 'race' ? 'true' : null,
    has_errors: has === 'error' ? 'true' : null,
    has_anomalies: has === 'odd' ? 'true' : null,
    max_duration_ms: get('max'),
    min_duration_ms: get('min'),
    min_events: get('events'),
    ...askedRange(),
  };
}
