import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, type TestContext, test } from 'node:test';
import { TestTerminal } from '../../support/cli.ts';
import { access, wireEvent } from '../../support/events.ts';
import { recordedTraces } from '../../support/recordings.ts';

/** One server for all: recorded services that race, and a trace that tries to drive the terminal. */
let url = '';
let server: TestTerminal;
const hostile = '\u001b[31m\u001b]0;owned\u0007\u202egnp.exe\r\n| `x` | =1+1';

before(async () => {
  server = new TestTerminal({ after });
  assert.equal(await server.run(['serve', '--port', '0']), 0, server.everything());
  url = /listens on (\S+)/.exec(server.told.join('\n'))?.[1] ?? '';
  for (const events of recordedTraces('svc-ts-order')) await post(events);
  await post([
    wireEvent({ trace: 'hostile', at: 1, kind: 'HttpRequest', payload: request(hostile) }),
    wireEvent({ trace: 'hostile', at: 2, kind: 'StateChange', payload: access(hostile, 'Write') }),
  ]);
});
after(async () => {
  const exited = server.process.exited();
  server.process.emit('SIGTERM', 'SIGTERM');
  await exited;
});

function request(path: string): object {
  return { method: 'GET', url: `/${path}`, headers: {}, body: null };
}

async function post(events: readonly object[]): Promise<void> {
  const reply = await fetch(`${url}/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ events }),
  });
  assert.equal(reply.status, 200, await reply.text());
}

/** Runs a command against the server: its exit code, and the lines of both outputs. */
async function raceway(t: TestContext, args: readonly string[], columns: number | null = null) {
  const terminal = new TestTerminal(t);
  terminal.columns = columns;
  const code = await terminal.run(args, { RACEWAY_URL: url });
  const lines = terminal.out.join('\n').split('\n');
  return { code, lines, text: lines.join('\n'), told: terminal.told.join('\n'), terminal };
}

/** A list that is whole: what was posted is analysed off the path of requests. */
async function races(t: TestContext, args: readonly string[] = [], columns: number | null = null) {
  return raceway(t, ['races', ...args], columns);
}

test('races are a table on a terminal, and values with tabs between in a pipe', async (t) => {
  const piped = await races(t);
  assert.equal(piped.code, 0);
  const [first = ''] = piped.lines;
  const fields = first.split('\t');
  assert.equal(fields.length, 9);
  assert.deepEqual(fields.slice(0, 5), ['1', 'E3', 'CRITICAL', 'double_submit', 'ts.orders.*']);
  assert.match(fields[6] ?? '', /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  const shown = await races(t, ['--no-color', '--utc'], 120);
  assert.match(shown.lines[0] ?? '', /^# {2}EVIDENCE {2}SEVERITY {2}WHAT/);
  assert.match(
    shown.lines[1] ?? '',
    /Double submit +ts\.orders\.\* +5 of \d+ +\d{4}-\d\d-\d\d [\d:]+Z/,
  );
  for (const line of shown.lines) assert.ok([...line].length <= 120, line);
});

test('colors are for terminals, and NO_COLOR is heard', async (t) => {
  const colored = /\u001b\[\d+m/;
  assert.match((await races(t, [], 120)).text, colored);
  assert.doesNotMatch((await races(t, ['--no-color'], 120)).text, colored);
  assert.doesNotMatch((await races(t)).text, colored);
  const terminal = new TestTerminal(t);
  terminal.columns = 120;
  await terminal.run(['races'], { RACEWAY_URL: url, NO_COLOR: '1' });
  assert.doesNotMatch(terminal.out.join('\n'), colored);
});

test('every format says the same races', async (t) => {
  const json = JSON.parse((await races(t, ['--json'])).text);
  assert.equal(json.races[0].pattern, 'double_submit');
  assert.deepEqual(Object.keys(json), ['races', 'hidden', 'stale', 'notes']);
  assert.match(
    (await races(t, ['--format', 'logfmt'])).text,
    /evidence=E3 .* variable=ts\.orders\.\*/,
  );
  const markdown = await races(t, ['--format', 'md']);
  assert.match(markdown.lines[0] ?? '', /^\| # \| evidence \|/);
  assert.equal(markdown.lines.length, json.races.length + 2);
});

test('races are a table for spreadsheets, and results for code scanning', async (t) => {
  const csv = await races(t, ['--format', 'csv', '--evidence', 'E0']);
  assert.equal(csv.code, 0);
  assert.match(csv.lines[0] ?? '', /^fingerprint,evidence,severity,pattern,variable,count,/);
  assert.match(csv.text, /,E3,CRITICAL,double_submit,ts\.orders\.\*,5,[^,]+,[^,]+,open,,/);
  const sarif = JSON.parse((await races(t, ['--format', 'sarif'])).text);
  assert.equal(sarif.version, '2.1.0');
  assert.equal(sarif.runs[0].results[0].ruleId, 'double_submit');
});

test('a triage is said and shown', async (t) => {
  const said = ['--state', 'ignored', '--note', 'known', '--assignee', 'ann'];
  const changed = await raceway(t, ['triage', '1', ...said]);
  assert.equal(changed.code, 0, changed.told);
  assert.match(changed.text, /state: ignored\nowner: ann\nnote: known\n/);
  const fingerprint = /race: (\S+)/.exec(changed.text)?.[1] ?? '';
  const list = await races(t);
  assert.doesNotMatch(list.text, new RegExp(fingerprint));
  assert.match(list.told, /1 more that are ignored; --state any shows them/);
  assert.match((await races(t, ['--state', 'ignored'])).text, new RegExp(fingerprint));
  const opened = await raceway(t, [
    'triage',
    fingerprint,
    '--state',
    'open',
    '--note',
    '',
    '--json',
  ]);
  const { state, triage, history } = JSON.parse(opened.text);
  assert.deepEqual([state, triage.note, history.length], ['open', null, 2]);
  assert.equal(
    (await raceway(t, ['triage', fingerprint])).text.split('\n').at(0),
    `race: ${fingerprint}`,
  );
  const pinned = await raceway(t, ['triage', fingerprint, '--pin']);
  assert.match(pinned.text, /^pinned traces: \d+ kept: \S/m);
  assert.doesNotMatch((await raceway(t, ['triage', fingerprint, '--unpin'])).text, /^pinned/m);
  const written = await raceway(t, ['triage', fingerprint, '--out', 'witness.ndjson']);
  assert.match(written.told, /witness\.ndjson has the traces of its best witness without values/);
  const both = await raceway(t, ['triage', fingerprint, '--pin', '--unpin']);
  assert.match(both.told, /--pin and --unpin exclude each other/);
  const wrong = await raceway(t, ['triage', fingerprint, '--state', 'gone']);
  assert.equal(wrong.code, 1);
  assert.match(wrong.told, /state: must be open, acknowledged, ignored or resolved/);
});

test('--fail-on ends with 3 only for evidence that is there', async (t) => {
  assert.equal((await races(t, ['--fail-on', 'E3'])).code, 3);
  assert.equal((await races(t, ['--fail-on', 'e4'])).code, 0);
  assert.equal((await races(t, ['--fail-on', 'E3', '--service', 'nobody'])).code, 0);
  const watched = await races(t, ['--watch', '--json', '--fail-on', 'E3']);
  assert.equal(watched.code, 3);
  assert.equal(JSON.parse(watched.lines[0] ?? '').pattern, 'double_submit');
  const wrong = await races(t, ['--fail-on', 'E9']);
  assert.equal(wrong.code, 1);
  assert.match(wrong.told, /--fail-on must be one of E0, E1, E2, E3, E4/);
});

test('an empty list says why it is empty, and what is left out', async (t) => {
  const none = await races(t, ['--service', 'nobody']);
  assert.equal(none.text, '');
  assert.match(none.told, /no races are known/);
  assert.equal((await races(t, ['--service', 'nobody', '--quiet'])).told, '');
  const later = await races(t, ['--since', '2200-01-01T00:00:00Z']);
  assert.match(later.told, /no races are known/);
  const few = await races(t, ['--evidence', 'E0', '--limit', '1']);
  assert.match(few.told, /\d+ more; --limit shows them/);
});

test('one race is shown by its fingerprint or its number, with its steps and traces', async (t) => {
  const [line = ''] = (await races(t)).lines;
  const fingerprint = line.split('\t')[7] ?? '';
  const one = await raceway(t, ['race', fingerprint]);
  assert.match(
    one.text,
    /^Double submit of ts\.orders\.\* \[E3, values prove it\]\n {3}A {2}POST \/order/,
  );
  assert.match(one.text, /^ +A +B +stored$/m);
  assert.match(one.text, /Seen 5 times, \d+ pairs at risk; fingerprint/);
  assert.match(one.text, /Witness 1 of \d+: raceway trace \S+, raceway trace \S+/);
  assert.ok(one.text.includes(`${url}/races/${fingerprint}`));
  assert.equal((await raceway(t, ['race', '1'])).text, one.text);
  assert.match((await raceway(t, ['race', '1', '--format', 'md'])).text, /^#### Double submit/);
  assert.equal(
    JSON.parse((await raceway(t, ['race', '1', '--json'])).text).fingerprint,
    fingerprint,
  );
  const other = await raceway(t, ['race', '1', '--witness', '2']);
  assert.match(other.text, /Witness 2 of/);
  assert.match(
    (await raceway(t, ['race', '1', '--witness', '99'])).told,
    /there are \d+ witnesses/,
  );
  assert.match(
    (await raceway(t, ['race', '77'])).told,
    /there is no race number 77; the list has \d/,
  );
  assert.equal((await raceway(t, ['race', 'ffffffffffffffff'])).code, 1);
  const page = await raceway(t, ['race', '1', '--web']);
  assert.deepEqual(page.terminal.pages, [`${url}/races/${fingerprint}`]);
});

test('traces are listed by their filters, and one is drawn on a scale of time', async (t) => {
  const all = await raceway(t, ['traces', '--limit', '100']);
  const raced = await raceway(t, ['traces', '--limit', '100', '--races']);
  assert.ok(raced.lines.length > 0 && raced.lines.length < all.lines.length);
  for (const line of raced.lines) assert.notEqual(line.split('\t')[5], '0', line);
  const [traceId = ''] = (raced.lines[0] ?? '').split('\t');
  const drawn = await raceway(t, ['trace', traceId, '--no-color'], 100);
  assert.match(drawn.lines[0] ?? '', /^POST \/order.* · \d+ steps · 1 service · /);
  assert.match(drawn.lines[1] ?? '', /^0 ms +█+ POST \/order.* \[ts-/);
  assert.match(drawn.text, /◆/);
  for (const line of drawn.lines) assert.ok([...line].length <= 100, line);
  assert.match(drawn.told, /a witness of 1 race: raceway race [0-9a-f]{16}/);
  const piped = await raceway(t, ['trace', traceId]);
  assert.ok(piped.lines.every((line) => line.split('\t').length === 8));
  const critical = await raceway(t, ['trace', traceId, '--critical']);
  assert.ok(critical.lines.length < piped.lines.length);
  assert.equal(JSON.parse((await raceway(t, ['trace', traceId, '--json'])).text).trace_id, traceId);
  assert.match(
    (await raceway(t, ['traces', '--search', 'nothing-like-it'])).told,
    /no trace matches/,
  );
  assert.match(
    (await raceway(t, ['traces', '--min-ms', 'long'])).told,
    /--min-ms must be a number/,
  );
  const slow = await raceway(t, ['traces', '--slow']);
  assert.match(slow.told, /no trace matches/);
});

test('variables are listed, and one tells who read and wrote it', async (t) => {
  const list = await raceway(t, ['variables']);
  assert.match(list.lines[0] ?? '', /^ts\.orders\.\d+\t\d+\t\d+\t\d+\tts-/);
  const [name = ''] = (list.lines[0] ?? '').split('\t');
  const one = await raceway(t, ['var', name]);
  assert.ok(one.lines.length >= 4);
  assert.ok(one.lines.every((line) => line.split('\t').length === 8));
  assert.match(one.text, /\tA of [0-9a-f]{16}\t/);
  assert.match((await raceway(t, ['variables', '--search', 'none-like-it'])).told, /no variable/);
  assert.match((await raceway(t, ['var', 'none-like-it'])).told, /nobody has accessed/);
});

test('two traces are matched step by step', async (t) => {
  const { lines } = await raceway(t, ['traces', '--races', '--limit', '2']);
  const [one = '', other = ''] = lines.map((line) => line.split('\t')[0] ?? '');
  const same = await raceway(t, ['compare', one, one]);
  assert.match(same.told, /^raceway: \d+ steps in both, 0 only in A, 0 only in B$/);
  const mixed = await raceway(t, ['compare', one, 'hostile']);
  assert.match(mixed.told, /: 0 steps in both, \d+ only in A, \d+ only in B/);
  const data = JSON.parse((await raceway(t, ['compare', one, other, '--json'])).text);
  assert.equal(data[0].kind, 'HttpRequest');
  assert.ok('a' in data[0] && 'b' in data[0]);
  assert.match((await raceway(t, ['compare', one])).told, /needs two traces/);
});

test('what is stored is followed as it comes, until there is enough of it', async (t) => {
  const terminal = new TestTerminal(t);
  const ended = terminal.run(['tail', '--limit', '2', '--service', 'tailed'], { RACEWAY_URL: url });
  // Whoever follows hears of what comes from then on: traces are sent until both lines are there.
  let number = 0;
  let isOver = false;
  const sending = (async () => {
    while (!isOver) {
      number += 1;
      const trace = `tailed-${number}`;
      await post([
        wireEvent({ trace, service: 'tailed', kind: 'HttpRequest', payload: request(hostile) }),
      ]);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();
  assert.equal(await ended, 0);
  isOver = true;
  await sending;
  assert.equal(terminal.out.length, 2);
  for (const line of terminal.out) {
    assert.match(line, /^[^\t]+\ttrace\ttailed-\d+\tGET /);
    assert.doesNotMatch(line, /[\u0000-\u0008\u000b-\u001f\u202e]/);
  }
  const refused = await raceway(t, ['tail', '--min-ms', 'long']);
  assert.equal(refused.code, 1);
});

test('a follower goes on behind what it has read when the connection breaks', async (t) => {
  const places: unknown[] = [];
  const server = createServer((request_, response) => {
    places.push(request_.headers['last-event-id']);
    const data = {
      trace_id: `t${places.length}`,
      root: 'GET /',
      last_activity: '',
      duration_ms: 1,
    };
    response.write(`${JSON.stringify({ type: 'trace', id: `e-${places.length}`, data })}\n`);
    // Cut off in the middle of the next line.
    response.write('{"type":"tra', () => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const terminal = new TestTerminal(t);
  const { port } = server.address() as AddressInfo;
  const environment = { RACEWAY_URL: `http://127.0.0.1:${port}` };
  assert.equal(await terminal.run(['tail', '--limit', '2', '--json'], environment), 0);
  assert.deepEqual(places, [undefined, 'e-1']);
  assert.equal(terminal.out.length, 2);
});

test('no text of a trace drives the terminal, in any format', async (t) => {
  const commands = [
    ['traces', '--limit', '100'],
    ['trace', 'hostile'],
    ['compare', 'hostile', 'hostile'],
    ['services'],
    ['variables'],
    ['var', hostile],
    ['races', '--evidence', 'E0', '--scope', 'any'],
  ];
  for (const command of commands) {
    for (const format of ['human', 'logfmt', 'md']) {
      for (const columns of [null, 100]) {
        const args = [...command, '--format', format, '--no-color'];
        const { text, told } = await raceway(t, args, columns);
        const active = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/;
        assert.doesNotMatch(text + told, active, args.join(' '));
      }
    }
  }
  // JSON escapes what is below a space by itself; the rest is data, exact.
  const { text } = await raceway(t, ['trace', 'hostile', '--json']);
  assert.doesNotMatch(text, /[\u0000-\u001f]/);
});

test('pages are opened by what is named', async (t) => {
  const opened: [string, string][] = [
    ['home', '/'],
    ['races', '/races'],
    ['1d886c16d6f8b63c', '/races/1d886c16d6f8b63c'],
    ['a254ca82-5c68-4433-a9b6-a29a9d811d44', '/traces/a254ca82-5c68-4433-a9b6-a29a9d811d44'],
    ['../x?y', '/traces/~?id=..%2Fx%3Fy'],
    ['..', '/traces/~?id=..'],
  ];
  for (const [thing, path] of opened) {
    const { terminal, text } = await raceway(t, ['open', thing]);
    assert.deepEqual(terminal.pages, [url + path]);
    assert.equal(text, url + path);
  }
});

test('shells complete every command and its options', async (t) => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { text, code } = await raceway(t, ['completion', shell]);
    assert.equal(code, 0);
    for (const word of ['races', 'completion', 'fail-on']) assert.ok(text.includes(word), word);
  }
  assert.match((await raceway(t, ['completion', 'tcsh'])).told, /for bash, zsh, fish/);
});

test('a server that is not there, or is none, is told in one sentence', async (t) => {
  const away = new TestTerminal(t);
  assert.equal(await away.run(['races'], { RACEWAY_URL: 'http://127.0.0.1:1' }), 1);
  assert.match(away.told.join(), /^raceway: http:\/\/127\.0\.0\.1:1 does not answer/);
  const wrong = await raceway(t, ['races', '--json', '--format', 'md']);
  assert.match(wrong.told, /exclude each other/);
});
