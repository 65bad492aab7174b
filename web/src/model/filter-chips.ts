/** A filter of a page: what it is called there, in the address, and by the server. */
export interface FilterKind {
  /** In the address. */
  readonly name: string;
  readonly label: string;
  /** Parameters of the server that it becomes. */
  readonly asked: readonly string[];
  /** It may stand there several times, each a chip of its own. */
  readonly isRepeated?: boolean;
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
  /** What stays in the address under the name when this one is dropped. */
  readonly left: readonly string[];
  /** How much it hides; null while nobody knows. */
  readonly hides: number | null;
}

/** The filters that an address sets, in the order of their kinds. */
export function chipsOf(
  kinds: readonly FilterKind[],
  address: URLSearchParams,
  hidden: readonly HiddenBy[] | null,
): FilterChip[] {
  return kinds.flatMap(({ name, label, asked, isRepeated = false, textOf }) => {
    const all = address.getAll(name).filter((value) => value !== '');
    const values = isRepeated ? all : all.slice(0, 1);
    const own = hidden?.filter(({ filter }) => asked.includes(filter)) ?? [];
    // What several hide together says of none what it hides.
    const isKnown = own.length > 0 && values.length === 1;
    const hides = isKnown ? own.reduce((sum, { count }) => sum + count, 0) : null;
    return values.map((value, place) => ({
      name,
      label,
      text: textOf?.(value) ?? value,
      left: values.toSpliced(place, 1),
      hides,
    }));
  });
}
