/**
 * Services that were invented, with what truly happens in them decided beforehand: what the default list
 * shows of each, whatever the SDK, the times, and the order of arrival.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Evidence, evidenceLevels } from '../../src/domain/findings/finding.ts';
import { analyseAll, everyIssue } from '../support/analyser.ts';
import { memoryBackend } from '../support/backends.ts';
import { keyless, records } from '../support/events.ts';
import { type Sdk, World } from '../support/simulated-services.ts';
import type { History } from './history.ts';
import { rightHistories } from './right-histories.ts';
import { wrongHistories } from './wrong-histories.ts';

const everySdk: readonly Sdk[] = ['typescript', 'go', 'python', 'rust'];

/** Lines of the default list, with the evidence cut to what is asked for. */
async function listed(history: History, sdk: Sdk, seed: number): Promise<string[]> {
  const world = new World(seed);
  history.play(world, sdk);
  const traces = world.run();
  const storage = await memoryBackend.open();
  for (const events of traces.toReversed()) {
    await storage.append(keyless(records(events)), 1_900_000_000_000_000_000n);
  }
  await analyseAll(storage);
  const { issues } = await storage.derived.issues({
    ...everyIssue,
    evidenceMin: 'E1',
    anyScope: false,
  });
  await storage.close();
  return issues
    .filter(({ pattern }) => history.may?.includes(pattern) !== true)
    .map(({ subject, pattern, evidence }) => {
      const known = history.told.find((line) => line.startsWith(`${subject.variable} ${pattern} `));
      const least = (known?.slice(-2) ?? 'E4') as Evidence;
      const isEnough =
        known !== undefined && evidenceLevels.indexOf(evidence) >= evidenceLevels.indexOf(least);
      return `${subject.variable} ${pattern} ${isEnough ? least : evidence}`;
    })
    .sort();
}

/** Histories of each SDK; more by `RACEWAY_INVENTED_SEEDS`. */
const seeds = Number(process.env['RACEWAY_INVENTED_SEEDS'] ?? 1);

for (const history of [...rightHistories, ...wrongHistories]) {
  test(`${history.name}: ${history.told.join(', ') || 'nothing'}`, async () => {
    for (const sdk of history.sdks ?? everySdk) {
      for (let seed = 1; seed <= seeds; seed += 1) {
        const lines = await listed(history, sdk, seed);
        assert.deepEqual(lines, [...history.told].sort(), `${sdk}, seed ${seed}`);
      }
    }
  });
}
