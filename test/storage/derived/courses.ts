import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { AccessType } from '../../../src/domain/event/event-kind.ts';
import type { Storage } from '../../../src/storage/storage.ts';
import { analyse, append, EVERYTHING, footprint, stored } from './records.ts';

/** What every storage must do about courses. */
export function testCourses(fresh: (t: TestContext) => Promise<Storage>): void {
  test('courses of requests are counted by variable, and go with their traces', async (t) => {
    const storage = await fresh(t);
    const step = (traceId: string, operation: string | null, ...types: AccessType[]) => {
      const signatures = types.map((access_type) => ({ operation, access_type }));
      return footprint(traceId, `of ${traceId[0]}`, 1n, {}, signatures);
    };
    await stored(storage, {
      a1: { footprints: [step('a1', 'GET /a', 'Read', 'Write')] },
      a2: { footprints: [step('a2', 'GET /a', 'Read', 'Write')] },
      a3: { footprints: [step('a3', 'GET /b', 'Write')] },
      b1: { footprints: [step('b1', null, 'Read', 'Write')] },
    });
    const courses = async () =>
      (await storage.derived.courses(EVERYTHING)).flatMap(({ variable, courses: { known } }) =>
        Object.values(known)
          .map(({ course: { operation, steps }, traces }) =>
            [variable, operation, ...steps.map((each) => each.access_type), traces].join(' '),
          )
          .sort(),
      );
    assert.deepEqual(await courses(), ['of a GET /a Read Write 2', 'of a GET /b Write 1']);
    await storage.eraseTraces(['a1', 'a3']);
    assert.deepEqual(await courses(), ['of a GET /a Read Write 1']);
    await append(storage, 'a2');
    await analyse(storage, { a2: { footprints: [step('a2', 'GET /a', 'Write')] } });
    assert.deepEqual(await courses(), ['of a GET /a Write 1']);
    await storage.eraseTraces(['a2']);
    assert.deepEqual(await storage.derived.courses(EVERYTHING), []);
  });
}
