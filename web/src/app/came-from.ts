/** Addresses of the rows of the list that somebody came from, in its order. */
let rows: readonly string[] = [];

/** Takes note of the list that a link which is followed stands in. */
export function noteList(link: HTMLAnchorElement): void {
  if (link.closest('tbody') === null) return;
  const list = link.closest('table');
  if (list === null) return;
  rows = [...list.rows].flatMap((row) => row.querySelector('a')?.href ?? []);
}

/** The row before or after the page that is shown, in the list that somebody came from; null: there is none. */
export function neighbour(by: 1 | -1): string | null {
  const at = rows.findIndex((row) => isSamePage(new URL(row), new URL(location.href)));
  return at === -1 ? null : (rows[at + by] ?? null);
}

/** What else a page has in its query is chosen on it. */
function isSamePage(one: URL, other: URL): boolean {
  const nameOf = ({ searchParams }: URL) => searchParams.get('id') ?? searchParams.get('name');
  return one.pathname === other.pathname && nameOf(one) === nameOf(other);
}
