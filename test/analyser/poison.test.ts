import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Analyser } from '../../src/analyser/analyser.ts';
import { RacewayError } from '../../src/domain/errors.ts';
import type { DerivedStore } from '../../src/storage/derived.ts';
import { openMemoryStorage } from '../../src/storage/memory/open.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { everyIssue } from '../support/analyser.ts';
import { access, keyless, records, wireEvent } from '../support/events.ts';
import { storageWith } from '../support/storage-with.ts';

const receivedNs = 2_000_000_000_000_000_000n;

/** Two traces that race on one variable, and one alone, whose results a storage refuses. */
async function poisoned() {
  const storage = openMemoryStorage({ maxBytes: 16 * 1024 * 1024 });
  const events = ['good-1', 'good-2', 'good-1', 'good-2', 'poison'].map((trace, at) =>
    wireEvent({
      trace,
      at,
      kind: 'StateChange',
      payload: access(trace === 'poison' ? 'db:y' : 'db:x', 'Write'),
    }),
  );
  await storage.append(keyless(records(events)), receivedNs);
  return storage;
}

async function analyse(storage: ReturnType<typeof openMemoryStorage>) {
  const errors: string[] = [];
  const log = {
    info: () => {},
    warn: () => {},
    error: (_: object, message: string) => errors.push(message),
  };
  const analyser = new Analyser(storage, { races: true, spans: true }, log);
  analyser.start();
  const isStale = await analyser.settle(10_000);
  await analyser.close();
  return { isStale, errors };
}

const refused = () => new RacewayError('internal', 'refused');

test('a trace whose analysis cannot be stored is given up, and keeps no other waiting', async () => {
  const storage = await poisoned();
  const { derived } = storage;
  const outcome = await analyse(
    storageWith<Storage>(storage, {
      derived: storageWith<DerivedStore>(derived, {
        async recordTraces(claimant, made) {
          const isPoison = ({ traceId, footprints }: (typeof made)[number]) =>
            traceId === 'poison' && footprints.length > 0;
          if (made.some(isPoison)) throw refused();
          return derived.recordTraces(claimant, made);
        },
      }),
    }),
  );
  assert.deepEqual(outcome, { isStale: false, errors: ['a trace could not be analysed'] });
  assert.equal((await derived.issues(everyIssue)).total, 1);
  assert.deepEqual(await derived.footprints(['poison']), []);
});

test('a comparison that cannot be stored is given up, and keeps no other waiting', async () => {
  const storage = await poisoned();
  const { derived } = storage;
  const outcome = await analyse(
    storageWith<Storage>(storage, {
      derived: storageWith<DerivedStore>(derived, {
        async recordComparisons(claimant, made, again) {
          if (made.length > 1 || made.some(({ findings }) => findings.length > 0)) throw refused();
          await derived.recordComparisons(claimant, made, again);
        },
      }),
    }),
  );
  assert.equal(outcome.isStale, false);
  assert.ok(outcome.errors.length > 0);
  assert.ok(outcome.errors.every((message) => message === 'a trace could not be compared'));
  const { issues } = await derived.issues(everyIssue);
  assert.deepEqual(
    issues.map(({ evidence }) => evidence),
    ['E0'],
  );
});

const tooSlow = () => new RacewayError('unavailable', 'the database took too long for a statement');

/** Runs an analyser whose rests are cut short, until nothing waits any more. */
async function analyseHastily(storage: Storage) {
  const errors: string[] = [];
  const log = {
    info: () => {},
    warn: () => {},
    error: (_: object, message: string) => errors.push(message),
  };
  const analyser = new Analyser(storage, { races: true, spans: true }, log);
  analyser.start();
  for (let turn = 0; turn < 10_000 && (await analyser.settle(1)); turn += 1);
  await analyser.close();
  return { errors, givenUp: analyser.givenUp, waiting: await storage.derived.backlog(10) };
}

test('a trace for which the database always takes too long is given up after the others', async () => {
  const storage = await poisoned();
  const { derived } = storage;
  const stored: string[] = [];
  const outcome = await analyseHastily(
    storageWith<Storage>(storage, {
      derived: storageWith<DerivedStore>(derived, {
        async recordTraces(claimant, made) {
          const isPoison = made.some(
            ({ traceId, footprints }) => traceId === 'poison' && footprints.length > 0,
          );
          if (isPoison) throw tooSlow();
          stored.push(...made.map(({ traceId }) => traceId));
          return derived.recordTraces(claimant, made);
        },
      }),
    }),
  );
  assert.deepEqual(outcome, {
    errors: ['a trace could not be analysed'],
    givenUp: 1,
    waiting: 0,
  });
  assert.deepEqual(stored.sort(), ['good-1', 'good-2', 'poison']);
});

test('a trace whose neighbours take the database too long is given up, and the others compared', async () => {
  const storage = await poisoned();
  const { derived } = storage;
  const outcome = await analyseHastily(
    storageWith<Storage>(storage, {
      derived: storageWith<DerivedStore>(derived, {
        async neighbours(places, before, after) {
          if (places.some(({ traceId }) => traceId === 'poison')) throw tooSlow();
          return derived.neighbours(places, before, after);
        },
      }),
    }),
  );
  assert.deepEqual(outcome, { errors: ['a trace could not be compared'], givenUp: 1, waiting: 0 });
  assert.equal((await derived.issues(everyIssue)).total, 1);
});

test('after a failure of the storage claims are handed back, so that others can go on', async () => {
  const storage = await poisoned();
  const { derived } = storage;
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  let handedBack = -1;
  const failing = storageWith<Storage>(storage, {
    derived: storageWith<DerivedStore>(derived, {
      async recordTraces() {
        throw tooSlow();
      },
      async releaseClaims(claimant) {
        await derived.releaseClaims(claimant);
        handedBack = (await derived.claimTraces('another', 10, null)).length;
      },
    }),
  });
  const analyser = new Analyser(failing, { races: true, spans: true }, log);
  analyser.start();
  while (handedBack < 0) await analyser.settle(1);
  assert.equal(handedBack, 3);
  await analyser.close();
});
