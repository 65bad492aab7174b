import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TraceReport } from '../../src/analysis/trace-report.ts';
import type { EventRecord } from '../../src/domain/event/event.ts';
import { namedRaces } from '../../src/domain/findings/issue.ts';
import type { WorkerTask } from '../../src/worker/worker-task.ts';
import { ThreadEnded, WorkerThread } from '../../src/worker/worker-thread.ts';
import { records, wireEvent } from '../support/events.ts';

const mebibyte = 1024 * 1024;
const switches = { races: true, spans: false };

function events(traceId: string, count: number): readonly EventRecord[] {
  return records(
    Array.from({ length: count }, (_, at) => wireEvent({ trace: traceId, at, thread: `t${at}` })),
  );
}

function reportOf(traceId: string, own: readonly EventRecord[]) {
  const nothingElse = { written: [], characters: 0, truncatedBy: null, leavesTracesOut: false };
  const trace = { traceId, events: own, ...nothingElse };
  return { kind: 'report', trace, switches, named: namedRaces([]) } as const satisfies WorkerTask;
}

const traceIdsOf = ({ traceIds }: TraceReport) => traceIds;

test('a trace that takes the memory of the thread fails alone, and those behind it are done', async () => {
  const thread = new WorkerThread({ heapBytes: 24 * mebibyte });
  const large = await thread.openLarge();
  const page = events('large', 1000);
  for (let pages = 0; pages < 40; pages += 1) large.send(page);
  const failed = large.run(reportOf('large', []));
  const others = ['a', 'b', 'c'].map((id) => thread.run(reportOf(id, events(id, 5)), true));
  await assert.rejects(failed, ThreadEnded);
  large.close();
  assert.deepEqual((await Promise.all(others)).map(traceIdsOf), [['a'], ['b'], ['c']]);
  assert.equal(thread.deaths, 1);
  await thread.close();
});

test('one large trace is worked on at a time, and of those that wait too many are refused', async () => {
  const thread = new WorkerThread();
  const first = await thread.openLarge();
  const opened: number[] = [];
  const waiting = Array.from({ length: 32 }, async (_, place) => {
    const large = await thread.openLarge();
    opened.push(place);
    large.close();
  });
  await assert.rejects(thread.openLarge(), { code: 'overloaded' });
  assert.deepEqual(opened, []);
  first.close();
  first.close();
  await Promise.all(waiting);
  assert.deepEqual(
    opened,
    Array.from({ length: 32 }, (_, place) => place),
  );
  await thread.close();
});

test('the end of the thread in order is no death', async () => {
  const thread = new WorkerThread();
  const task = thread.run(reportOf('a', events('a', 5)), true);
  const ended = assert.rejects(task);
  await thread.close();
  await ended;
  assert.equal(thread.deaths, 0);
  await assert.rejects(thread.run(reportOf('a', []), true), { code: 'unavailable' });
});

test('who waits for the thread as it is closed is told that the server stops', async () => {
  const thread = new WorkerThread();
  const large = await thread.openLarge();
  large.send(events('large', 1000));
  const waiting = [
    large.run(reportOf('large', [])),
    thread.run(reportOf('a', events('a', 5)), true),
    thread.openLarge(),
  ];
  const told = waiting.map((one) =>
    one.then(
      () => null,
      ({ code }: { code: string }) => code,
    ),
  );
  const closed = thread.close();
  large.close();
  await closed;
  assert.deepEqual(await Promise.all(told), ['unavailable', 'unavailable', 'unavailable']);
});
