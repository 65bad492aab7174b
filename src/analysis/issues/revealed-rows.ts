import { type RowCertainty, rowCertaintyOf } from '../../domain/findings/row-certainty.ts';
import type { VariableCourses } from '../../domain/findings/variable-state.ts';

/** Variables that statements, commands and calls in spans are about. */
const STORED = /^(?:db|redis|http):/;

/** How surely rows are known: requests that access them, once for each variable. */
export type RevealedRows = Readonly<Record<RowCertainty, number>>;

export const noRows: RevealedRows = { exact: 0, hinted: 0, unknown: 0 };

/** How surely the rows are known that requests access, by service; of services that access some. */
export function revealedRows(
  variables: readonly VariableCourses[],
): ReadonlyMap<string, RevealedRows> {
  const byService = new Map<string, Record<RowCertainty, number>>();
  for (const { variable, courses } of variables) {
    if (!STORED.test(variable)) continue;
    for (const { course, traces } of Object.values(courses.known)) {
      const rows = byService.get(course.service) ?? { ...noRows };
      byService.set(course.service, rows);
      rows[rowCertaintyOf(variable)] += traces;
    }
  }
  return byService;
}

/** Whether a line of the service's program would make more of its rows known. */
export function isRaisable({ hinted, unknown }: RevealedRows): boolean {
  return hinted > 0 || unknown > 0;
}
