import { type RowCertainty, rowCertaintyOf } from '../../domain/findings/row-certainty.ts';
import type { VariableCourses } from '../../domain/findings/variable-state.ts';

/** Variables that statements, commands and calls in spans are about. */
const STORED = /^(?:db|redis|http):/;

/** How surely the rows are known that requests of a service access: requests, once for each variable. */
export function revealedRows(
  variables: readonly VariableCourses[],
  service: string,
): Readonly<Record<RowCertainty, number>> {
  const rows = { exact: 0, hinted: 0, unknown: 0 };
  for (const { variable, courses } of variables) {
    if (!STORED.test(variable)) continue;
    for (const { course, traces } of Object.values(courses.known)) {
      if (course.service === service) rows[rowCertaintyOf(variable)] += traces;
    }
  }
  return rows;
}
