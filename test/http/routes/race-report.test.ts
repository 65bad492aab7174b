/** Races of a running server as files. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { post, testApp } from '../../support/app.ts';
import { recordedTraces } from '../../support/recordings.ts';

test('races are reported as CSV, SARIF and Markdown, filtered as the list is', async (t) => {
  const served = await testApp(t);
  await post(served.app, recordedTraces('ts-race').flat());
  await served.analyser.settle(60_000);
  const report = async (query: string) => {
    const reply = await served.app.inject(`/api/races/report?${query}`);
    assert.equal(reply.statusCode, 200, reply.body);
    return { type: String(reply.headers['content-type']), text: reply.body };
  };
  const csv = await report('format=csv');
  assert.match(csv.type, /^text\/csv/);
  const rows = csv.text.trimEnd().split('\r\n');
  assert.equal(rows.length, 3);
  assert.match(rows[0] ?? '', /^fingerprint,evidence,.*,first_release,last_release$/);
  assert.equal((await report('format=csv&variable=alice.balance')).text.split('\r\n').length, 3);
  assert.equal((await report('format=csv&state=ignored')).text, `${rows[0]}\r\n`);
  const sarif = await report('format=sarif');
  assert.match(sarif.type, /^application\/sarif\+json/);
  assert.equal(JSON.parse(sarif.text).runs[0].results.length, 2);
  const markdown = await report('format=md&evidence=E3');
  assert.match(markdown.type, /^text\/markdown/);
  assert.match(markdown.text, /at E3 or above$/m);
  assert.match(markdown.text, /Fingerprint `[0-9a-f]{16}`/);
  for (const query of ['', 'format=xml', 'format=csv&page=2']) {
    const reply = await served.app.inject(`/api/races/report?${query}`);
    assert.equal(reply.statusCode, 400, query);
  }
});
