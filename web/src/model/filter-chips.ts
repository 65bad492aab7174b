/** A filter of a page: what it is called there, in the address, and by the server. */
export interface FilterKind {
  /** In the address. */
  readonly name: string;
  readonly label: string;
  /** Parameters of the server that it becomes. */
  readonly asked: readonly string[];
  /** Its value in words; left out: as it stands. */
  readonly textOf?: (value: string) => string;
}

/** How much a parameter of the server keeps out that passes all others. */
export interface HiddenBy {
  readonly filter: string;
  readonly count: number;
}

/** A filter that is set. */
export interface FilterChip {
  readonly name: string;
  readonly label: string;
  readonly text: string;
  /** How much it hides; null while nobody knows. */
  readonly hides: number | null;
}

/** The filters that an address sets, in the order of their kinds. */
export function chipsOf(
  kinds: readonly FilterKind[],
  address: URLSearchParams,
  hidden: readonly HiddenBy[] | null,
): FilterChip[] {
  return kinds.flatMap(({ name, label, asked, textOf }) => {
    const value = address.get(name);
    if (value === null || value === '') return [];
    const own = hidden?.filter(({ filter }) => asked.includes(filter)) ?? [];
    const hides = own.length === 0 ? null : own.reduce((sum, { count }) => sum + count, 0);
    return [{ name, label, text: textOf?.(value) ?? value, hides }];
  });
}
