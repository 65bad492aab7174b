/** A path whose last part names a file, before whatever else tells of the place. */
const directories = /^\S*\/(?=[^\s/]*(?:\.|:\d))/;

/**
 * What a person calls a place: a file without its directories; what a span did without the operation
 * that it was part of, where that is told beside it.
 *
 * @param operation null: none is told
 */
export function shortPlace(location: string, operation: string | null = null): string {
  const lead = `${operation ?? ''}: `;
  if (lead.length > 2 && location.startsWith(lead)) return location.slice(lead.length);
  return location.replace(directories, '');
}
