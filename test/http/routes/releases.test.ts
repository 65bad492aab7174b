/** In which releases a race was seen, from what clients send to what lists, tables and alerts say. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { racesCsv } from '../../../src/report/csv.ts';
import { readRace } from '../../../src/report/race.ts';
import { getSettled as get, post, testApp } from '../../support/app.ts';
import { exportOf, pgStack, step } from '../../support/invented-requests.ts';
import { recordedTraces } from '../../support/recordings.ts';

/** Two requests that read a balance and then write one, both before the other wrote. */
const requests = [1, 2].map((at) => ({
  route: 'POST /a/{id}',
  path: '/a/1',
  steps: [
    step('SELECT balance FROM accounts WHERE id = $1', at + 1, at + 2, [1]),
    step('UPDATE accounts SET balance = $1 WHERE id = $2', at + 6, at + 7, [at, 1]),
  ],
}));

function resourceOf(version: string): string {
  const attribute = { key: 'service.version', value: { stringValue: version } };
  return JSON.stringify(exportOf(pgStack, requests)).replace(
    '"resource":{"attributes":[',
    `"resource":{"attributes":[${JSON.stringify(attribute)},`,
  );
}

test('a race between spans has the release that their resource names', async (t) => {
  const served = await testApp(t);
  const reply = await served.app.inject({
    method: 'POST',
    url: '/v1/traces',
    headers: { 'content-type': 'application/json' },
    body: resourceOf('1.4.2'),
  });
  assert.equal(reply.statusCode, 200, reply.body);
  const { issues } = await get(served, '/api/races');
  assert.equal(issues[0].pattern, 'lost_update');
  const seen = [{ service: 'shop', release: '1.4.2' }];
  assert.deepEqual([issues[0].first_release, issues[0].last_release], [seen, seen]);
  const row = racesCsv([{ race: readRace(issues[0]), state: 'open', owner: '' }]).split('\r\n');
  assert.match(row[0] ?? '', /,first_release,last_release$/);
  assert.match(row[1] ?? '', /,1\.4\.2,1\.4\.2$/);
});

test('a race between events of SDKs has the release of their tag, and none without', async (t) => {
  const served = await testApp(t);
  const events = recordedTraces('ts-race').flat() as {
    metadata: { tags: object | null; service_name: string };
  }[];
  const tagged = events.map((event) => ({
    ...event,
    metadata: { ...event.metadata, tags: { ...event.metadata.tags, version: '2.0' } },
  }));
  await post(served.app, tagged);
  const [issue] = (await get(served, '/api/races')).issues;
  const service = issue.services[0];
  assert.deepEqual(issue.first_release, [{ service, release: '2.0' }]);
  const untagged = await testApp(t);
  await post(untagged.app, events);
  const [other] = (await get(untagged, '/api/races')).issues;
  assert.deepEqual([other.first_release, other.last_release], [[], []]);
});
