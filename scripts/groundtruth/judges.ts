import type { CaseServer } from './case-server.ts';
import type { Case } from './cases.ts';
import type { Difference } from './difference.ts';
import { judgeElle, judgeHermitage } from './isolation.ts';
import { judgeCrispPath, judgeJaegerPath, siblingOverlapUs } from './paths.ts';
import { judgeGoRace, judgeLinks, judgeShiviz, judgeTextbook } from './traces.ts';

/** How the cases of a file are replayed and compared. */
export interface Judge {
  /** Cases share names and times, and must not meet. */
  readonly needsFreshServer: boolean;
  differences(server: CaseServer, each: Case): Promise<readonly Difference[]>;
  /** Whether the case itself leaves room for these differences. */
  allows(each: Case, differences: readonly Difference[]): boolean;
}

type Compare = Judge['differences'];

const strict = (differences: Compare, needsFreshServer = false): Judge => ({
  needsFreshServer,
  differences,
  allows: () => false,
});

const judges: readonly (readonly [RegExp, Judge])[] = [
  [/^go-race/, strict(judgeGoRace)],
  [/^textbook/, strict(judgeTextbook)],
  [/^shiviz-/, strict(judgeShiviz)],
  [/^zipkin-links/, strict(judgeLinks)],
  [/^jaeger-critical-path/, strict(judgeJaegerPath)],
  [
    /^crisp/,
    {
      ...strict(judgeCrispPath),
      // Its authors count the overlap of siblings twice.
      allows: (each, differences) => {
        const { sibling_overlap } = each.expected as { sibling_overlap?: boolean };
        const overlap = sibling_overlap === true ? siblingOverlapUs(each) : 0;
        return differences.every(({ by }) => by !== undefined && by <= overlap);
      },
    },
  ],
  [/^hermitage/, strict(judgeHermitage, true)],
  [/^elle/, strict(judgeElle, true)],
];

/** The judge of a file of cases, by the file's name; null for a file that nobody knows. */
export function judgeOf(file: string): Judge | null {
  return judges.find(([pattern]) => pattern.test(file))?.[1] ?? null;
}
