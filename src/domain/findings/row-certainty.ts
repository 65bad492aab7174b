/**
 * How surely it is known which row an access was to: by what the statement shows, by the path of the
 * request alone, or not at all.
 */
export const rowCertainties = ['exact', 'hinted', 'unknown'] as const;
/** One of {@link rowCertainties}. */
export type RowCertainty = (typeof rowCertainties)[number];

/** How names of rows end that are told by the path of the request, or by nothing. */
export const rowMarks = { hinted: '~url', unknown: '~?' } as const;

const ROW = /^db:[^[]*\[[^\]="]*(~url|~\?)\]/;
const KEY = /^(?:redis|http):\S*:(~\?)$/;

/** What the name of a variable, or its pattern, says of its row. */
export function rowCertaintyOf(variable: string): RowCertainty {
  const mark = (ROW.exec(variable) ?? KEY.exec(variable))?.[1];
  if (mark === undefined) return 'exact';
  return mark === rowMarks.hinted ? 'hinted' : 'unknown';
}
