import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { RacewayError } from '../../src/domain/errors.ts';
import { GroupCommit } from '../../src/storage/group-commit.ts';
import type { AppendOutcome, AppendRequest, Storage } from '../../src/storage/storage.ts';
import { records, wireEvent } from '../support/events.ts';

/** Lets promises go on, and stays in this turn of the event loop. */
const sameTurn = () => new Promise<void>((wake) => process.nextTick(wake));

/** A transaction that was begun and ends when the test says so. */
interface Commit {
  readonly traceIds: readonly string[];
  succeed(): void;
  fail(error: unknown): void;
}

function setUp(bufferSize = 100) {
  const commits: Commit[] = [];
  const storage = {
    append(requests: readonly AppendRequest[]) {
      return new Promise<AppendOutcome[]>((resolve, reject) => {
        commits.push({
          traceIds: requests.flatMap(({ events }) => events.map(({ traceId }) => traceId)),
          succeed: () =>
            resolve(requests.map(({ events }) => ({ accepted: events.length, duplicates: 0 }))),
          fail: reject,
        });
      });
    },
  } as unknown as Storage;
  const observer = { committed: () => {}, failed: () => {} };
  const options = { batchSize: 3, bufferSize, flushIntervalMs: 0 };
  const writer = new GroupCommit(storage, options, observer);
  const submit = (trace: string) => writer.submit(records([wireEvent({ trace })]), null);
  return { commits, writer, submit, inCommits: () => commits.map(({ traceIds }) => traceIds) };
}

test('who comes in the turn of another is committed with all of that turn, until one comes alone', async () => {
  const { commits, submit, inCommits } = setUp();
  const answers: Promise<AppendOutcome>[] = [];
  const succeed = async () => {
    await sameTurn();
    for (const commit of commits) commit.succeed();
    await sameTurn();
  };
  const submitOneByOne = async (...traces: string[]) => {
    for (const trace of traces) {
      answers.push(submit(trace));
      await succeed();
    }
  };
  await submitOneByOne('a', 'b', 'c');
  assert.deepEqual(inCommits(), [['a']], 'the first knows of no other');
  await nextTurn();
  assert.deepEqual(inCommits(), [['a'], ['b', 'c']], 'the others wait for the end of the turn');
  await succeed();
  await submitOneByOne('d');
  assert.equal(commits.length, 2, 'a first one has learnt to wait');
  await nextTurn();
  assert.deepEqual(inCommits().at(-1), ['d'], 'and nobody came');
  await succeed();
  await submitOneByOne('e');
  assert.deepEqual(inCommits().at(-1), ['e'], 'the next one does not wait');
  await submitOneByOne('f', 'g', 'h');
  assert.deepEqual(inCommits().at(-1), ['f', 'g', 'h'], 'a full batch waits for no more');
  assert.equal((await Promise.all(answers)).length, 8, 'each is answered');
});

test('an idle writer commits at once, two at a time; who comes meanwhile shares the next', async () => {
  const { commits, submit, inCommits } = setUp();
  const answers = [submit('a')];
  await nextTurn();
  answers.push(submit('b'));
  await nextTurn();
  assert.deepEqual(inCommits(), [['a'], ['b']]);
  answers.push(...['c', 'd', 'e', 'f'].map(submit));
  commits[1]?.succeed();
  assert.deepEqual(await answers[1], { accepted: 1, duplicates: 0 });
  await nextTurn();
  assert.deepEqual(inCommits(), [['a'], ['b'], ['c', 'd', 'e']]);
  commits[0]?.succeed();
  await nextTurn();
  assert.deepEqual(inCommits().at(-1), ['f']);
  for (const commit of commits) commit.succeed();
  assert.equal((await Promise.all(answers)).length, 6);
});

test('requests that failed together are tried one by one, unless the storage is away', async () => {
  const { commits, submit, inCommits } = setUp();
  const a = submit('a');
  await nextTurn();
  const b = submit('b');
  await nextTurn();
  const [c, d] = ['c', 'd'].map(submit);
  commits[0]?.succeed();
  await a;
  await nextTurn();
  commits[2]?.fail(new Error('this one is wrong'));
  await nextTurn();
  commits[3]?.fail(new Error('c is wrong'));
  await assert.rejects(c as Promise<unknown>, /c is wrong/);
  await nextTurn();
  commits[4]?.succeed();
  await d;
  assert.deepEqual(inCommits(), [['a'], ['b'], ['c', 'd'], ['c'], ['d']]);
  commits[1]?.fail(new RacewayError('unavailable', 'away'));
  await assert.rejects(b as Promise<unknown>, /away/);
});

test('the end waits for everything that was taken, and takes nothing more', async () => {
  const { commits, writer, submit } = setUp();
  const answers = [submit('a')];
  await nextTurn();
  answers.push(submit('b'));
  await nextTurn();
  answers.push(submit('c'));
  let isClosed = false;
  const closing = writer.close().then(() => {
    isClosed = true;
  });
  await assert.rejects(submit('d'), { code: 'unavailable' });
  await nextTurn();
  for (let done = 0; done < 3; done += 1) {
    assert.equal(isClosed, false);
    commits[done]?.succeed();
    await nextTurn();
  }
  await closing;
  assert.equal((await Promise.all(answers)).length, 3);
});

test('the end waits for what one commit has no room for', async () => {
  const { commits, writer, submit } = setUp();
  const answers = ['a', 'b'].map(submit);
  const large = ['c', 'd'].map((trace) => wireEvent({ trace }));
  answers.push(writer.submit(records(large), null));
  let isClosed = false;
  const closing = writer.close().then(() => {
    isClosed = true;
  });
  await nextTurn();
  await nextTurn();
  assert.equal(commits.length, 2, 'both are under way');
  commits[0]?.succeed();
  await nextTurn();
  assert.equal(isClosed, false, 'the second is waited for');
  commits[1]?.succeed();
  await closing;
  assert.equal((await Promise.all(answers)).length, 3, 'each is answered');
});

test('a full buffer refuses, and says how full it is', async () => {
  const { commits, submit } = setUp(2);
  const answers = [submit('a')];
  await nextTurn();
  answers.push(submit('b'));
  await nextTurn();
  answers.push(submit('c'), submit('d'));
  await assert.rejects(submit('e'), { code: 'overloaded', message: /2 events wait/ });
  for (let done = 0; done < 4; done += 1) {
    await nextTurn();
    for (const commit of commits) commit.succeed();
  }
  assert.equal((await Promise.all(answers)).length, 4);
});

test('a failure of the storage is known for a moment, and a commit that takes long at once', async (t) => {
  let nowMs = 1000;
  t.mock.method(performance, 'now', () => nowMs);
  const { commits, writer, submit } = setUp();
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  const lost = submit('a');
  await settle();
  assert.equal(writer.recentFault, null);
  nowMs += 11_000;
  const stalled = writer.recentFault as RacewayError | null;
  assert.match(stalled?.message ?? '', /works on a commit since 11 s/);
  const away = new RacewayError('unavailable', 'the database is away');
  commits.at(-1)?.fail(away);
  await assert.rejects(lost, away);
  assert.equal(writer.recentFault, away);
  nowMs += 3001;
  assert.equal(writer.recentFault, null);
  const wrong = submit('b');
  await settle();
  commits.at(-1)?.fail(new RacewayError('internal', 'a fault of the data'));
  await assert.rejects(wrong);
  assert.equal(writer.recentFault, null);
  const refused = submit('c');
  await settle();
  commits.at(-1)?.fail(away);
  await assert.rejects(refused);
  const stored = submit('d');
  await settle();
  commits.at(-1)?.succeed();
  await stored;
  assert.equal(writer.recentFault, null);
});
