import { useRef, useState } from 'preact/hooks';
import { query } from '../api/client.ts';
import { clock } from '../model/format.ts';
import { ranges, rangeText, sinceOf } from '../model/since.ts';
import { zone } from './preferences.ts';
import { choose, path, search } from './route.ts';

/** Pages that show what happened in a range of time. */
const ranged = new Set(['', 'races', 'traces', 'latency']);

/** A variable shows its accesses of a time; their list is of all times. */
function isRanged(page: string): boolean {
  return ranged.has(page) || page.startsWith('variables/');
}

/** A page of the bar in the range that is chosen on this one, where both have one. */
export function inRange(target: string): string {
  if (!ranged.has(target)) return target;
  return `${target}${query({ since: search.value.get('since'), until: search.value.get('until') })}`;
}

/** The range as the API takes it; times from now are whole minutes. */
export function askedRange(): { readonly since: string | null; readonly until: string | null } {
  const since = search.value.get('since');
  return {
    since: since === null ? null : sinceOf(since, Date.now()),
    until: search.value.get('until'),
  };
}

/** Which time the page is about: one of some ranges up to now, or from one time to another. */
export function TimeRange() {
  const menu = useRef<HTMLDivElement>(null);
  if (!isRanged(path.value)) return null;
  const [since, until] = [search.value.get('since'), search.value.get('until')];
  const clockOf = (time: string) => clock(time, zone.value, Date.now());
  const take = (next: string | null, end: string | null) => {
    menu.current?.hidePopover();
    choose({ since: next, until: end, page: null, cursor: null });
  };
  return (
    <>
      <button type="button" class="range" popovertarget="time-range">
        {rangeText(since, until, clockOf)} <span aria-hidden="true">▾</span>
      </button>
      <div ref={menu} id="time-range" popover="auto" class="menu range-menu">
        <ul>
          {[[null, 'All time'] as const, ...ranges].map(([value, name]) => (
            <li key={name}>
              <button
                type="button"
                class="plain"
                aria-pressed={until === null && since === value}
                onClick={() => take(value, null)}
              >
                {name}
              </button>
            </li>
          ))}
        </ul>
        <FromTo since={since} until={until} onChoose={take} />
      </div>
    </>
  );
}

function FromTo(props: {
  readonly since: string | null;
  readonly until: string | null;
  readonly onChoose: (since: string | null, until: string | null) => void;
}) {
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const isUtc = zone.value === 'utc';
  const timeOf = (field: string) => {
    const ms = Date.parse(isUtc ? `${field}Z` : field);
    return Number.isNaN(ms) ? null : new Date(ms).toISOString();
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        props.onChoose(timeOf(from) ?? props.since, timeOf(to) ?? props.until);
      }}
    >
      <label>
        From
        <input
          type="datetime-local"
          value={from}
          onInput={(event) => setFrom(event.currentTarget.value)}
        />
      </label>
      <label>
        Until
        <input
          type="datetime-local"
          value={to}
          onInput={(event) => setTo(event.currentTarget.value)}
        />
      </label>
      <button type="submit" disabled={from === '' && to === ''}>
        Show {isUtc ? '(UTC)' : ''}
      </button>
    </form>
  );
}
