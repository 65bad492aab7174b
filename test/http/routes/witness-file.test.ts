/** A race as a file for those who are to see no value of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getSettled as get, type TestApp, testApp } from '../../support/app.ts';
import { access, wireEvent } from '../../support/events.ts';
import { exportOf, pgStack, step } from '../../support/invented-requests.ts';

const secret = /geheim|4711|alice/i;

async function send({ app }: TestApp, url: string, body: object): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const reply = await app.inject({ method: 'POST', url, headers, body: JSON.stringify(body) });
  assert.equal(reply.statusCode, 200, reply.body);
  assert.doesNotMatch(reply.body, /"rejected_count":[1-9]/);
}

const request = (at: number, body: string) => ({
  route: 'POST /a/{id}',
  path: '/a/4711',
  attributes: { 'http.request.header.x-user': 'geheim', 'user.email': 'alice@geheim.example' },
  steps: [
    step("SELECT balance FROM accounts WHERE id = '4711' -- geheim", at + 1, at + 2),
    step('UPDATE accounts SET balance = $1 WHERE id = $2', at + 6, at + 7, [body, '4711']),
  ],
});

/** Two requests that read a balance of 4711 and write another. */
function sdkEvents(): readonly object[] {
  const variable = 'db:accounts[id=4711].balance';
  return ['one', 'two'].flatMap((trace, place) => {
    const said = { trace, span: null, tags: { version: '1.4', user: 'alice' } };
    return [
      wireEvent({
        ...said,
        at: place,
        kind: 'HttpRequest',
        payload: {
          method: 'POST',
          url: '/accounts/4711?token=geheim#alice',
          headers: { 'x-user': 'alice' },
          body: { name: 'alice' },
        },
      }),
      wireEvent({
        ...said,
        at: 10 + place,
        kind: 'StateChange',
        payload: access(variable, 'Read', {
          location: 'pay.ts:6',
          new_value: { name: 'alice', balance: 4711 },
        }),
      }),
      wireEvent({
        ...said,
        at: 20 + place,
        payload: { function_name: 'pay', module: 'm', args: ['geheim'], file: 'pay.ts', line: 7 },
      }),
      wireEvent({
        ...said,
        at: 30 + place,
        kind: 'StateChange',
        payload: access(variable, 'Write', {
          location: 'pay.ts:8',
          old_value: { name: 'alice', balance: 4711 },
          new_value: `geheim ${trace}`,
        }),
      }),
      wireEvent({
        ...said,
        at: 40 + place,
        kind: 'Error',
        payload: { error_type: 'E', message: 'alice', stack_trace: ['geheim'], note: 'alice' },
      }),
    ];
  });
}

const senders = [
  ['spans', '/v1/traces', exportOf(pgStack, [request(1, 'geheim one'), request(2, 'geheim two')])],
  ['events of SDKs', '/events', { events: sdkEvents() }],
] as const;

for (const [name, url, body] of senders) {
  test(`the witness of a false alarm between ${name} goes to another server without values`, async (t) => {
    const served = await testApp(t);
    await send(served, url, body);
    const [issue] = (await get(served, '/api/races')).issues;
    assert.equal(issue?.pattern, 'lost_update');
    const path = `/api/races/${issue.fingerprint}`;
    const reply = await served.app.inject({
      method: 'PATCH',
      url: path,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        false_alarm: 'one replica only',
        note: 'ask alice',
        assignee: 'alice',
      }),
    });
    assert.equal(reply.statusCode, 200);
    const file = await served.app.inject(`${path}/witness`);
    assert.equal(file.headers['content-type'], 'application/x-ndjson; charset=utf-8');
    assert.doesNotMatch(file.body, secret);
    const lines = file.body
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const events = lines.filter((line) => 'id' in line);
    assert.deepEqual(lines.at(-1), { complete: true, count: events.length });
    const { triage } = lines.find((line) => 'triage' in line);
    assert.deepEqual(
      [triage.false_alarm, triage.note, triage.assignee, triage.changed_by, triage.history],
      ['one replica only', null, null, null, []],
    );
    const other = await testApp(t);
    await send(other, '/events', { events });
    await send(other, '/api/triage', { races: [triage] });
    const found = await get(other, '/api/races?state=any');
    const same = ['fingerprint', 'pattern', 'evidence', 'sites', 'count', 'state'] as const;
    assert.deepEqual(
      same.map((member) => found.issues[0]?.[member]),
      same.map((member) => (member === 'state' ? 'ignored' : issue[member])),
    );
  });
}

test('a race that no stored trace shows has no witness, and a race that nobody judged says so', async (t) => {
  const served = await testApp(t);
  await send(served, '/events', {
    events: ['one', 'two'].map((trace, at) =>
      wireEvent({ trace, at, kind: 'StateChange', payload: access('db:a[id=1].b', 'Write') }),
    ),
  });
  const [issue] = (await get(served, '/api/races?evidence=E0')).issues;
  const none = await served.app.inject(`/api/races/${issue.fingerprint}/witness`);
  assert.equal(none.statusCode, 404);
  assert.match(none.json().error, /no stored trace shows this race/);
  const unknown = await served.app.inject('/api/races/0000000000000000/witness');
  assert.equal(unknown.statusCode, 404);
});
