/** What persons say of races: over HTTP, on every backend. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generateKey } from '../../../src/keys/key-format.ts';
import { getSettled as get, post, type Reply, type TestApp, testApp } from '../../support/app.ts';
import { auditedApp } from '../../support/audited-app.ts';
import { backends } from '../../support/backends.ts';
import { access, wireEvent } from '../../support/events.ts';
import { namedKey } from '../../support/keys.ts';
import { recordedTraces } from '../../support/recordings.ts';

const variable = 'db:accounts[id=1].balance';

/** Two requests that write one balance at one time. */
function racing(): readonly object[] {
  return ['one', 'two'].map((trace, at) =>
    wireEvent({ trace, at, kind: 'StateChange', payload: access(variable, 'Write') }),
  );
}

function patch({ app }: TestApp, fingerprint: string, body: unknown, headers = {}) {
  return app.inject({
    method: 'PATCH',
    url: `/api/races/${fingerprint}`,
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

async function judged(served: TestApp, fingerprint: string, body: object): Promise<Reply> {
  const reply = await patch(served, fingerprint, body);
  assert.equal(reply.statusCode, 200, reply.body);
  return reply.json().data;
}

const listed = '/api/races?evidence=E0&scope=any';

async function raced(served: TestApp): Promise<string> {
  await post(served.app, racing());
  const { issues } = await get(served, listed);
  assert.equal(issues.length, 1);
  const { state, triage, ignored_by_rule: rule } = issues[0];
  assert.deepEqual({ state, triage, rule }, { state: 'open', triage: null, rule: null });
  return issues[0].fingerprint;
}

for (const backend of backends) {
  test(`${backend.name}: lists and pages carry what was said, without what is ignored`, async (t) => {
    const served = await testApp(t, { storage: await backend.open() });
    const fingerprint = await raced(served);
    const said = {
      state: 'ignored',
      note: 'one\nreplica <b>only</b>',
      assignee: 'checkout',
      link: 'https://git.example/7',
      until: '2100-01-01T00:00:00+01:00',
    };
    const issue = await judged(served, fingerprint, said);
    const { changed_at, ...triage } = issue.triage;
    assert.ok(Date.parse(changed_at) > 0);
    assert.deepEqual(triage, {
      note: said.note,
      assignee: said.assignee,
      link: said.link,
      until: '2099-12-31T23:00:00.000Z',
      false_alarm: null,
      changed_by: null,
      resolved_at: null,
      regressed_at: null,
      regressed_release: [],
      pin: null,
    });
    const page = await get(served, listed);
    assert.deepEqual([page.total_issues, page.hidden.ignored], [0, 1]);
    for (const [state, total] of [
      ['any', 1],
      ['ignored', 1],
      ['open', 0],
    ] as const) {
      const { total_issues: found, issues } = await get(served, `${listed}&state=${state}`);
      assert.equal(found, total, `${state}`);
      if (found > 0) assert.equal(issues[0].triage.note, said.note);
    }
    const shown = await get(served, `/api/races/${fingerprint}`);
    assert.deepEqual([shown.state, shown.triage.assignee], ['ignored', 'checkout']);
    await judged(served, fingerprint, { state: 'resolved', assignee: null });
    const told = await get(served, `/api/races/${fingerprint}/triage`);
    assert.equal(told.state, 'resolved');
    assert.deepEqual(
      told.history.map(({ at: _, ...step }: { at: string }) => step),
      [
        {
          by: null,
          cause: 'person',
          changed: { ...said, until: '2099-12-31T23:00:00.000Z' },
        },
        {
          by: null,
          cause: 'person',
          changed: { state: 'resolved', assignee: null, until: null },
        },
      ],
    );
  });
}

test('what cannot be is refused with a sentence, and changes nothing', async (t) => {
  const served = await testApp(t);
  const fingerprint = await raced(served);
  const refusals: readonly (readonly [unknown, RegExp])[] = [
    [{ state: 'done' }, /body\.state: must be open, acknowledged, ignored or resolved/],
    [{ sate: 'open' }, /did you mean state/],
    [{ note: '' }, /body\.note: must not be empty/],
    [{ note: 'x'.repeat(4001) }, /body\.note: must have at most 4000 characters/],
    [{ note: '\u001b[2J' }, /body\.note: must be plain text/],
    [{ assignee: '\ud800' }, /body\.assignee: must be plain text/],
    [{ link: 'javascript:alert(1)' }, /body\.link: must be a link/],
    [{ until: '2100-01-01' }, /body\.until: must be an RFC 3339 time/],
    [{ state: 'ignored', until: '2020-01-01T00:00:00Z' }, /until: must be in the future/],
    [{ until: '2100-01-01T00:00:00Z' }, /only what is acknowledged or ignored has an end/],
    [{ state: 'open', false_alarm: 'x' }, /a false alarm is ignored/],
    ['{"state":', /the body is no JSON/],
    ['{"__proto__": {"state": "open"}}', /there is no parameter/],
    ['[]', /body: must be/],
  ];
  for (const [body, sentence] of refusals) {
    const reply = await patch(served, fingerprint, body);
    assert.equal(reply.statusCode, 400, JSON.stringify(body));
    assert.match(reply.json().error, sentence);
  }
  assert.equal((await get(served, `/api/races/${fingerprint}`)).triage, null);
  const unknown = await patch(served, '0000000000000000', { note: 'x' });
  assert.equal(unknown.statusCode, 404);
});

test('a false alarm is ignored, with its reason', async (t) => {
  const served = await testApp(t);
  const fingerprint = await raced(served);
  const issue = await judged(served, fingerprint, { false_alarm: 'only one replica runs' });
  assert.deepEqual([issue.state, issue.triage.false_alarm], ['ignored', 'only one replica runs']);
});

test('a pinned race names what is kept for it, and the state of the server how much that is', async (t) => {
  const served = await testApp(t);
  const possible = await raced(served);
  const refusals = [
    [{ pinned: 'yes' }, /body\.pinned: must be/],
    [{ pinned: true }, /no stored trace shows this race/],
  ] as const;
  for (const [body, sentence] of refusals) {
    const reply = await patch(served, possible, body);
    assert.equal(reply.statusCode, 400);
    assert.match(reply.json().error, sentence);
  }
  await post(served.app, recordedTraces('ts-race').flat());
  const { issues } = await get(served, '/api/races');
  const { fingerprint } = issues[0];
  const { triage } = await judged(served, fingerprint, { pinned: true });
  const { traces, bytes, left_out } = triage.pin;
  assert.equal(left_out, 0);
  for (const { trace_id } of issues[0].witnesses[0].events) assert.ok(traces.includes(trace_id));
  const held = async () => {
    const { storage } = await get(served, '/api/status');
    return [storage.pinned_traces, storage.pinned_bytes];
  };
  assert.deepEqual(await held(), [traces.length, bytes]);
  const metrics = await served.app.inject('/metrics');
  assert.match(metrics.body, new RegExp(`^raceway_storage_pinned_traces ${traces.length}$`, 'm'));
  assert.match(metrics.body, new RegExp(`^raceway_storage_pinned_bytes ${bytes}$`, 'm'));
  assert.equal((await judged(served, fingerprint, { pinned: false })).triage.pin, null);
  assert.deepEqual(await held(), [0, 0]);
  const { history } = await get(served, `/api/races/${fingerprint}/triage`);
  assert.deepEqual(
    history.map(({ changed }: Reply) => changed),
    [{ pinned: true }, { pinned: false }],
  );
});

test('a change asks for its own scope, and is audited with the name of the key', async (t) => {
  const key = generateKey();
  const reader = generateKey();
  const served = await auditedApp(t, {
    server: {
      auth_enabled: true,
      keys: [
        namedKey(key, { name: 'ann', scopes: ['triage'] }),
        namedKey(reader, { name: 'bob', scopes: ['ingest', 'read', 'delete', 'admin'] }),
      ],
    },
  });
  const headers = (one: string) => ({ authorization: `Bearer ${one}` });
  await post(served.app, racing(), headers(reader));
  await served.analyser.settle(60_000);
  const url = listed;
  const list = await served.app.inject({ url, headers: headers(reader) });
  const { fingerprint } = list.json().data.issues[0];
  const refused = await patch(served, fingerprint, { state: 'resolved' }, headers(reader));
  assert.equal(refused.statusCode, 403);
  const reply = await patch(served, fingerprint, { state: 'resolved' }, headers(key));
  assert.equal(reply.statusCode, 200, reply.body);
  assert.equal(reply.json().data.triage.changed_by, 'ann');
  const lines = served.accesses().filter(({ method }) => method === 'PATCH');
  assert.deepEqual(
    lines.map((line) =>
      ['key', 'scope', 'status', 'fingerprint', 'counts'].map((name) => line[name]),
    ),
    [
      ['bob', 'triage', 403, undefined, null],
      ['ann', 'triage', 200, fingerprint, { races: 1 }],
    ],
  );
});

test('a browser changes with the header of our pages alone, and with the scope of its key', async (t) => {
  const [ann, bob] = [generateKey(), generateKey()];
  const served = await testApp(t, {
    server: {
      auth_enabled: true,
      keys: [
        namedKey(ann, { name: 'ann', scopes: ['ingest', 'read', 'triage'] }),
        namedKey(bob, { name: 'bob', scopes: ['read'] }),
      ],
    },
  });
  const authorization = { authorization: `Bearer ${ann}` };
  await post(served.app, racing(), authorization);
  await served.analyser.settle(60_000);
  const list = await served.app.inject({ url: listed, headers: authorization });
  const { fingerprint } = list.json().data.issues[0];
  const page = { 'sec-fetch-site': 'same-origin', 'x-raceway-ui': '1' };
  const cookieOf = async (key: string) => {
    const reply = await served.app.inject({
      method: 'POST',
      url: '/api/session',
      headers: { ...page, 'content-type': 'application/json' },
      body: JSON.stringify({ key }),
    });
    return String(reply.headers['set-cookie']).split(';')[0] ?? '';
  };
  const [ofAnn, ofBob] = [await cookieOf(ann), await cookieOf(bob)];
  const asks: readonly (readonly [headers: object, status: number, sentence: RegExp])[] = [
    [{ 'sec-fetch-site': 'same-origin', cookie: ofAnn }, 401, /pages of this server only/],
    [{ cookie: ofAnn }, 401, /pages of this server only/],
    [{ ...page, 'sec-fetch-site': 'cross-site', cookie: ofAnn }, 401, /pages of this server only/],
    [{ ...page, cookie: ofBob }, 403, /triage/],
  ];
  for (const [headers, status, sentence] of asks) {
    const reply = await patch(served, fingerprint, { note: 'not said' }, headers);
    assert.equal(reply.statusCode, status, reply.body);
    assert.match(reply.json().error, sentence);
  }
  const reply = await patch(served, fingerprint, { note: 'said' }, { ...page, cookie: ofAnn });
  assert.equal(reply.statusCode, 200, reply.body);
  const url = `/api/races/${fingerprint}/triage`;
  const { history } = (await served.app.inject({ url, headers: authorization })).json().data;
  assert.deepEqual(
    history.map(({ by, changed }: Reply) => [by, changed]),
    [['ann', { note: 'said' }]],
  );
});
