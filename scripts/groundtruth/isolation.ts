import type { CaseServer } from './case-server.ts';
import type { Case } from './cases.ts';
import type { Difference } from './difference.ts';

/** What judges read of `GET /api/races`. */
interface Issue {
  readonly variable: string;
  readonly evidence: string;
  readonly anomaly_class: string | null;
  readonly pattern: string;
}

interface IssuePage {
  readonly total_pages: number;
  readonly issues: readonly Issue[];
}

const PROVEN = new Set(['E3', 'E4']);

/** Anomalies by the names that literature gives them, and the classes that prove each. */
const namedClasses: ReadonlyMap<string, readonly string[]> = new Map([
  ['OTV', ['G1b', 'G1c', 'G-single']],
  ['G2', ['G2-item']],
  ['G1', ['G1a', 'G1b', 'G1c']],
]);

async function provenIssues(server: CaseServer, each: Case): Promise<readonly Issue[]> {
  await server.post(each);
  const issues: Issue[] = [];
  for (let page = 1, pages = 1; page <= pages; page += 1) {
    const path = `/api/races?evidence=E0&scope=any&page_size=100&page=${page}`;
    const found = (await server.get(path)) as IssuePage;
    pages = found.total_pages;
    issues.push(...found.issues);
  }
  return issues.filter(({ evidence }) => PROVEN.has(evidence));
}

function isOf(issue: Issue, anomaly: string): boolean {
  if (anomaly === 'P4' || anomaly === 'lost-update') return issue.pattern === 'lost_update';
  const classes = namedClasses.get(anomaly) ?? [anomaly];
  return issue.anomaly_class !== null && classes.includes(issue.anomaly_class);
}

function described(issues: readonly Issue[]): string {
  const texts = issues.map(
    ({ variable, evidence, anomaly_class, pattern }) =>
      `${anomaly_class ?? pattern} on ${variable} (${evidence})`,
  );
  return texts.length === 0 ? 'nothing' : [...new Set(texts)].join(', ');
}

/** One named anomaly, which happened or was prevented. */
export async function judgeHermitage(
  server: CaseServer,
  each: Case,
): Promise<readonly Difference[]> {
  const { anomaly, present } = each.expected as { anomaly: string; present: boolean };
  const issues = await provenIssues(server, each);
  // Reading two committed versions is G-single; where OTV is prevented that may still happen.
  const judged = issues.filter(
    (issue) => present || anomaly !== 'OTV' || issue.anomaly_class !== 'G-single',
  );
  if (judged.some((issue) => isOf(issue, anomaly)) === present) return [];
  const verb = present ? 'is missing' : 'is invented';
  return [{ message: `${anomaly} ${verb}; found ${described(issues)}` }];
}

/** A history that is valid, or has all the named anomalies. */
export async function judgeElle(server: CaseServer, each: Case): Promise<readonly Difference[]> {
  const { valid, anomalies, note } = each.expected as {
    valid: boolean;
    anomalies: string[];
    note?: string;
  };
  const issues = await provenIssues(server, each);
  const only = /\b(g\w+) detector only/i.exec(note ?? '')?.[1]?.toLowerCase();
  const judged = issues.filter(
    ({ anomaly_class }) => only === undefined || anomaly_class?.toLowerCase() === only,
  );
  if (valid) {
    return judged.length === 0 ? [] : [{ message: `valid; found ${described(judged)}` }];
  }
  return anomalies
    .filter((anomaly) => !issues.some((issue) => isOf(issue, anomaly)))
    .map((anomaly) => ({ message: `${anomaly} is missing; found ${described(issues)}` }));
}
