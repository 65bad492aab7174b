import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { everyTrace } from '../../../src/domain/trace/trace-query.ts';
import type { Storage } from '../../../src/storage/storage.ts';
import { everyIssue } from '../../support/analyser.ts';
import type { Backend } from '../../support/backends.ts';
import { answersOf } from './answers.ts';
import { testCarriedTriage } from './carried.ts';
import { testClaims } from './claims.ts';
import { testCourses } from './courses.ts';
import { testEnvironments } from './environments.ts';
import { testGroups } from './groups.ts';
import { testIssues } from './issues.ts';
import { testPins } from './pins.ts';
import { stored } from './records.ts';
import { testReleases } from './releases.ts';
import { testStatements } from './statements.ts';
import { testTags } from './tags.ts';
import { testTriage } from './triage.ts';
import { testVariables } from './variables.ts';

/** What the derived store of every storage must do, compared by whole results. */
export function derivedContract(backend: Backend): void {
  async function fresh(t: TestContext): Promise<Storage> {
    const storage = await backend.open();
    t.after(() => storage.close());
    return storage;
  }

  describe(`derived contract: ${backend.name}`, () => {
    test('an empty store, and one that everything was erased from', async (t) => {
      const storage = await fresh(t);
      const asked = {
        traceIds: ['a', '__proto__'],
        spans: ['s'],
        places: [{ variable: 'x', firstNs: 0n, traceId: 'a' }],
        issues: [{ ...everyIssue, limit: 0 }],
        fingerprints: ['a'],
      };
      const nothing = {
        linkedTraces: [[], []],
        footprints: [],
        neighbours: [[], [], []],
        backlog: [0, 0],
        waiting: 0,
        cuts: Array.from({ length: 3 }, () => ({ cuts: [], count: 0, truncatedBy: null })),
        issues: Array.from({ length: 2 }, () => ({
          issues: [],
          total: 0,
          pairs: 0,
          hidden: { belowEvidence: 0, unknownScope: 0, requestLocal: 0, ignored: 0 },
        })),
        issueGlances: [0, 0].map(() => ({ issues: [], isWhole: true })),
        issue: [null],
        triage: [null],
        issuesOfTraces: [[], [], []],
        serviceCalls: [[], [], [], []],
        variables: Array.from({ length: 9 }, () => ({ variables: [], total: 0 })),
        variableHistory: [[]],
        courses: [[], []],
        topVariables: [[], [], [], [], []],
        racedVariables: Array.from({ length: asked.issues.length + 18 }, () => []),
        traces: await storage.listTraces(everyTrace),
      };
      assert.deepEqual(await answersOf(storage, asked), nothing);
      await stored(storage, {
        a: { ownSpans: ['s'], cuts: [{ limit: 'race_pairs', variable: null }] },
      });
      await storage.eraseTraces(['a']);
      assert.deepEqual(await answersOf(storage, asked), nothing);
    });

    testClaims(backend, fresh);
    testCourses(fresh);
    testGroups(fresh);
    testStatements(fresh);
    testIssues(fresh);
    testVariables(fresh);
    testEnvironments(fresh);
    testTags(fresh);
    testTriage(fresh);
    testPins(fresh);
    testCarriedTriage(fresh);
    testReleases(fresh);
  });
}
