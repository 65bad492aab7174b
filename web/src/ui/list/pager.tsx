import { count } from '../../model/format.ts';

/** Pages by number; nothing where one holds all. */
export function Pager(props: {
  readonly page: number;
  readonly pages: number;
  readonly onChange: (page: number) => void;
}) {
  const { page, pages, onChange } = props;
  if (pages <= 1) return null;
  return (
    <nav class="pager" aria-label="More">
      <button type="button" disabled={page <= 1} onClick={() => onChange(page - 1)}>
        Previous
      </button>
      <span>
        Page {count(page)} of {count(pages)}
      </span>
      <button type="button" disabled={page >= pages} onClick={() => onChange(page + 1)}>
        Next
      </button>
    </nav>
  );
}
