import { choose } from '../../app/route.ts';
import { count } from '../../model/format.ts';

/** Looks for a text in the rows of a trace, and shows those alone if wished. */
export function FindBox(props: {
  readonly find: string;
  readonly onlyHits: boolean;
  readonly found: readonly number[];
  readonly rows: number;
  readonly row: number;
}) {
  const { find, onlyHits, found, rows, row } = props;
  const at = found.indexOf(row) + 1;
  const told = at === 0 ? count(found.length) : `${count(at)}/${count(found.length)}`;
  return (
    <>
      <label class="filter">
        <span>Find</span>
        <input
          type="search"
          value={find}
          placeholder="name, value, thread…"
          spellcheck={false}
          onInput={(event) => choose({ q: event.currentTarget.value }, { replace: true })}
        />
        <span class="muted found" role="status">
          {find === '' ? `${count(rows)} rows` : told}
        </span>
      </label>
      {find !== '' && (
        <label class="tick">
          <input
            type="checkbox"
            checked={onlyHits}
            onChange={() => choose({ only: onlyHits ? null : '1' }, { replace: true })}
          />{' '}
          only these
        </label>
      )}
    </>
  );
}
