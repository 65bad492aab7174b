import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { RacewayError } from '../../../src/domain/errors.ts';
import type { ClaimedComparison, ClaimedTrace, Regrouping } from '../../../src/storage/derived.ts';
import type { Storage } from '../../../src/storage/storage.ts';
import { type Backend, backends, sealedBackend } from '../../support/backends.ts';
import { keyless } from '../../support/events.ts';
import { assertAsyncProperty } from '../../support/properties.ts';
import { answersOf } from './answers.ts';
import { history, questions, type Step, type World, world } from './random-steps.ts';
import { comparisonRecord, EVERYTHING, receivedNs, traceRecord } from './records.ts';

const RUNS = 8;

/** A storage that lives through a history, and what was claimed of it and is not answered. */
class Life {
  readonly storage: Storage;
  readonly #backend: Backend;
  readonly #claims = new Map<string, Map<string, ClaimedTrace>>();
  readonly #comparisons = new Map<string, Map<string, ClaimedComparison>>();
  #regrouping: Regrouping = { spans: [], traceIds: [] };

  constructor(backend: Backend, storage: Storage) {
    this.#backend = backend;
    this.storage = storage;
  }

  /** Takes a step; gives what the storage says to it. Marks are the storage's own. */
  async take(step: Step, { analyses, comparisons }: World, t: TestContext): Promise<unknown> {
    const { derived } = this.storage;
    switch (step.kind) {
      case 'append':
        return this.storage.append(keyless(step.events), receivedNs);
      case 'erase': {
        const { traces, events } = await this.storage.eraseTraces(step.traceIds);
        return { traces, events };
      }
      case 'claim traces': {
        const claimed = await derived.claimTraces(step.claimant, EVERYTHING, null);
        const known = entriesOf(this.#claims, step.claimant);
        for (const claim of claimed) known.set(claim.traceId, claim);
        return claimed.map(({ traceId, eventCount }) => `${traceId} ${eventCount}`).sort();
      }
      case 'record traces': {
        const known = entriesOf(this.#claims, step.claimant);
        const part = analyses[step.variant] ?? new Map();
        const claims = sorted(known.values()).filter(({ traceId }) => step.traceIds.has(traceId));
        for (const { traceId } of claims) known.delete(traceId);
        const records = claims.map((claim) => traceRecord(claim, part.get(claim.traceId)));
        this.#regrouping = await derived.recordTraces(step.claimant, records);
        return this.#regrouping;
      }
      case 'regroup':
        return derived.regroup(this.#regrouping);
      case 'claim comparisons': {
        const claimed = await derived.claimComparisons(step.claimant, EVERYTHING, null);
        const known = entriesOf(this.#comparisons, step.claimant);
        for (const claim of claimed) known.set(claim.traceId, claim);
        return claimed.map(({ traceId, spreads }) => `${traceId} ${spreads}`).sort();
      }
      case 'record comparisons': {
        const known = entriesOf(this.#comparisons, step.claimant);
        const part = comparisons[step.variant] ?? new Map();
        const claims = sorted(known.values()).filter(({ traceId }) => step.traceIds.has(traceId));
        for (const { traceId } of claims) known.delete(traceId);
        const records = claims.map((claim) => comparisonRecord(claim, part.get(claim.traceId)));
        const met = claims
          .filter(({ spreads }) => spreads)
          .map(({ traceId }) => ({ traceIds: step.met, changedIds: [traceId] }));
        return derived.recordComparisons(step.claimant, records, met);
      }
      case 'release':
        return derived.releaseClaims(step.claimant);
      case 'judge':
        return derived.triage
          .change(step.fingerprint, step.change, { by: 'me', atMs: step.atMs })
          .catch((error: unknown) => {
            // There is nothing to pin, or no room.
            if (error instanceof RacewayError) return error.message;
            throw error;
          });
      case 'settle':
        return derived.triage.settle(step.nowMs, step.rules);
      case 'run out':
        return this.#backend.letClaimsRunOut(this.storage, t);
    }
  }

  /** Ends the history: nothing is stored, and nobody has claimed anything. */
  async end(traceIds: readonly string[]): Promise<void> {
    await this.storage.eraseTraces(traceIds);
    this.#claims.clear();
    this.#comparisons.clear();
    this.#regrouping = { spans: [], traceIds: [] };
  }
}

test('the same history leads to the same answers in every storage', async (t) => {
  const lives = await Promise.all(
    [...backends, sealedBackend].map(async (backend) => {
      const storage = await backend.open();
      t.after(() => storage.close());
      return new Life(backend, storage);
    }),
  );
  const inAll = <Result>(work: (life: Life) => Promise<Result>) => Promise.all(lives.map(work));
  await assertAsyncProperty(
    t,
    RUNS,
    fc.asyncProperty(world, history, async (drawn, steps) => {
      for (const step of steps) {
        assertSame(await inAll((life) => life.take(step, drawn, t)), step.kind);
        assertSame(await inAll(({ storage }) => answersOf(storage, questions(drawn))), step.kind);
      }
      await inAll((life) => life.end(questions(drawn).traceIds));
      assertSame(await inAll(({ storage }) => answersOf(storage, questions(drawn))), 'the end');
    }),
  );
});

/** Compares what the storages say, one after the other with the first. */
function assertSame([first, ...others]: readonly unknown[], when: string): void {
  for (const other of others) assert.deepEqual(other, first, `after ${when}`);
}

function entriesOf<Claim>(claims: Map<string, Map<string, Claim>>, claimant: string) {
  const known = claims.get(claimant) ?? new Map<string, Claim>();
  claims.set(claimant, known);
  return known;
}

function sorted<Claim extends { readonly traceId: string }>(claims: Iterable<Claim>): Claim[] {
  return [...claims].sort((a, b) => (a.traceId < b.traceId ? -1 : 1));
}
