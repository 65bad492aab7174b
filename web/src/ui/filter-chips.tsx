import { choose } from '../app/route.ts';
import type { FilterChip } from '../model/filter-chips.ts';
import { count } from '../model/format.ts';
import { Name } from './name.tsx';

/** Filters that are set, each with what it hides and a way to drop it. */
export function FilterChips({ chips }: { chips: readonly FilterChip[] }) {
  if (chips.length === 0) return null;
  const drop = (names: readonly string[]) =>
    choose({ ...Object.fromEntries(names.map((name) => [name, null])), page: null, cursor: null });
  return (
    <ul class="filter-chips" aria-label="Filters that are set">
      {chips.map(({ name, label, text, hides }) => (
        <li key={name}>
          <button type="button" onClick={() => drop([name])} title={`Drop the filter ${label}`}>
            <span class="muted">{label}</span> <Name text={text} />
            {hides !== null && hides > 0 && <span class="hides"> hides {count(hides)}</span>}
            <span aria-hidden="true"> ×</span>
            <span class="hidden"> drop</span>
          </button>
        </li>
      ))}
      {chips.length > 1 && (
        <li>
          <button type="button" class="plain" onClick={() => drop(chips.map(({ name }) => name))}>
            Drop all
          </button>
        </li>
      )}
    </ul>
  );
}
