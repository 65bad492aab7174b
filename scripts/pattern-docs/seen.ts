import { demoBatches } from '../../src/demo/demo-batches.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { interleavingLines } from '../../src/report/interleaving.ts';
import { readRace } from '../../src/report/race.ts';
import { evidenceOf, explanationOf, placeText, titleOf } from '../../src/report/words.ts';
import { recordedExports } from '../../test/support/otlp-recordings.ts';
import { recordedTraces } from '../../test/support/recordings.ts';
import { repositoryRoot } from '../../test/support/repository.ts';
import { type GateServer, startGateServer } from '../otlp-gate/gate-server.ts';
import { countedIds, storyEvents } from './stories.ts';

/** When the demo and the stories happen: no page shows more than the time between two steps. */
const startMs = Date.UTC(2026, 0, 15, 9, 30);

/**
 * What the server tells of one race of some traffic, as a block of plain text.
 *
 * @param source `sdk NAME`, `otlp NAME`, `demo` or `story NAME`
 */
export async function seenRace(source: string, pattern: string): Promise<string> {
  const server = await startGateServer();
  try {
    await sendTraffic(server, source);
    const issue = (await server.issues()).find((one) => one.pattern === pattern);
    if (issue === undefined) throw new Error(`${source} shows no ${pattern}`);
    const race = readRace(issue as unknown as JsonObject);
    const [one, other] = race.places.map(placeText);
    return [
      `${titleOf(race)} [${evidenceOf(race)}]`,
      `A  ${one}`,
      `B  ${other}`,
      '',
      ...interleavingLines(race),
      '',
      explanationOf(race),
    ].join('\n');
  } finally {
    await server.close();
  }
}

async function sendTraffic(server: GateServer, source: string): Promise<void> {
  const [kind, name = ''] = source.split(' ');
  switch (kind) {
    case 'sdk':
      for (const events of recordedTraces(name)) await sendEvents(server, events);
      return;
    case 'otlp':
      for (const one of recordedExports(name, `${repositoryRoot}/test/fixtures/otlp-races`)) {
        await server.send(one);
      }
      return;
    case 'demo':
      for (const events of demoBatches(startMs, countedIds())) await sendEvents(server, events);
      return;
    case 'story':
      return sendEvents(server, storyEvents(name, startMs));
    default:
      throw new Error(`no traffic of the kind ${kind}`);
  }
}

function sendEvents(server: GateServer, events: readonly unknown[]): Promise<void> {
  const body = Buffer.from(JSON.stringify({ events }));
  const headers = { 'content-type': 'application/json' };
  return server.send({ path: '/events', format: 'json', headers, sent: body, body });
}
