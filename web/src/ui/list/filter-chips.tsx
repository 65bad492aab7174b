import { choose } from '../../app/route.ts';
import type { FilterChip } from '../../model/filter-chips.ts';
import { count } from '../../model/format.ts';
import { Name } from '../name.tsx';

/** Filters that are set, each with what it hides and a way to drop it. */
export function FilterChips({ chips }: { chips: readonly FilterChip[] }) {
  if (chips.length === 0) return null;
  const drop = (left: Readonly<Record<string, readonly string[] | null>>) =>
    choose({ ...left, page: null, cursor: null });
  return (
    <ul class="filter-chips" aria-label="Filters that are set">
      {chips.map(({ name, label, text, left, hides }) => (
        <li key={`${name}=${text}`}>
          <button
            type="button"
            onClick={() => drop({ [name]: left })}
            title={`Drop the filter ${label}`}
          >
            <span class="muted">{label}</span> <Name text={text} />
            {hides !== null && hides > 0 && <span class="hides"> hides {count(hides)}</span>}
            <span aria-hidden="true"> ×</span>
            <span class="hidden"> drop</span>
          </button>
        </li>
      ))}
      {chips.length > 1 && (
        <li>
          <button
            type="button"
            class="plain"
            onClick={() => drop(Object.fromEntries(chips.map(({ name }) => [name, null])))}
          >
            Drop all
          </button>
        </li>
      )}
    </ul>
  );
}
