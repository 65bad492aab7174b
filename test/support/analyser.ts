import assert from 'node:assert/strict';
import { Analyser } from '../../src/analyser/analyser.ts';
import type { AnalysisSwitches } from '../../src/analysis/trace-work.ts';
import { anyIssue, type IssueQuery } from '../../src/domain/findings/issue.ts';
import { everyTrace } from '../../src/domain/trace/trace-query.ts';
import type { Storage } from '../../src/storage/storage.ts';

/** Every issue, whatever its evidence and scope. */
export const everyIssue: IssueQuery = {
  ...anyIssue,
  evidenceMin: 'E0',
  anyScope: true,
  state: 'any',
  sort: 'rank',
  limit: 1000,
  offset: 0,
};

const failing = {
  info: () => {},
  warn: (details: object, message: string) => {
    throw new Error(`${message}: ${JSON.stringify(details)}`);
  },
  error: (details: object & { err?: unknown }, message: string) => {
    throw new Error(message, { cause: details.err });
  },
};

/** Analyses everything that is marked, and ends. */
export async function analyseAll(
  storage: Storage,
  switches: AnalysisSwitches = { races: true, spans: true },
): Promise<void> {
  const analyser = new Analyser(storage, switches, failing);
  analyser.start();
  const isStale = await analyser.settle(60_000);
  await analyser.close();
  if (isStale) throw new Error('analysis came to no end');
}

/** Checks that the filter of the list agrees with what the list shows. */
export async function assertRacedAreListed(storage: Storage): Promise<void> {
  const { traces } = await storage.listTraces({ ...everyTrace, limit: 1000 });
  for (const hasRaces of [true, false]) {
    const listed = await storage.listTraces({ ...everyTrace, limit: 1000, hasRaces });
    const expected = traces.filter(({ raceCount }) => raceCount > 0 === hasRaces);
    assert.deepEqual(listed, { traces: expected, total: expected.length, next: null });
  }
}

/** All that readers see of what was found out. */
export async function derivedSnapshot({ derived, listTraces }: Storage, storage: Storage) {
  const { traces } = await listTraces.call(storage, { ...everyTrace, limit: 1000 });
  const issues = (await derived.issues(everyIssue)).issues;
  const byTrace: Record<string, unknown> = {};
  for (const { traceId, raceCount } of traces) {
    byTrace[traceId] = { raceCount, issues: await derived.issuesOfTraces([traceId], 100) };
  }
  return {
    issues,
    byTrace,
    calls: await derived.serviceCalls(),
    variables: await derived.topVariables(100),
    raced: await derived.racedVariables(everyIssue, 100),
  };
}

/** Resolves once nothing waits to be analysed, also of what rests before it is looked at again. */
export async function untilSettled(analyser: Analyser): Promise<void> {
  const endMs = performance.now() + 120_000;
  while (await analyser.settle(1000)) {
    if (performance.now() > endMs) throw new Error('the analysis came to no end');
  }
}
