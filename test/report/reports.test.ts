import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { validateXML } from 'xmllint-wasm';
import type { JsonValue } from '../../src/domain/json.ts';
import { interleavingLines } from '../../src/report/interleaving.ts';
import { type Judgement, judge } from '../../src/report/judgement.ts';
import { junitReport } from '../../src/report/junit.ts';
import { markdownReport } from '../../src/report/markdown.ts';
import { type Race, readRace } from '../../src/report/race.ts';
import { sarifReport } from '../../src/report/sarif.ts';
import { terminalReport } from '../../src/report/terminal.ts';
import { readWitness } from '../../src/report/witness.ts';
import { repositoryRoot } from '../support/repository.ts';

/** An issue as `GET /api/races` gives it, with the members of the day. */
function issue(changes: Record<string, JsonValue> = {}): JsonValue {
  const site = (location: string, access_type: string) => ({
    service: 'bank',
    operation: 'POST /pay',
    function: 'pay',
    location,
    access_type,
    locks: [] as JsonValue,
  });
  const step = (column: number, at: number, access_type: string, value: JsonValue) => ({
    ...{
      column,
      access_type,
      variable: 'db:accounts.7.balance',
      old_value: null,
      new_value: value,
    },
    ...{ timestamp: `2026-01-01T00:00:00.00${at}Z`, location: `src/bank.js:${at}` },
  });
  return {
    fingerprint: '0123456789abcdef',
    variable: 'db:accounts.*.balance',
    pattern: 'lost_update',
    evidence: 'E3',
    severity: 'CRITICAL',
    count: 2,
    pairs_possible: 3,
    last_seen: '2026-01-01T00:00:00.004Z',
    sites: [site('src/bank.js:4', 'Write'), site('src/bank.js:4', 'Write')],
    remedies: [
      {
        kind: 'atomic_update',
        title: 'Let the database compute the new value.',
        text: 'Such an UPDATE needs no read before it.',
        example: 'UPDATE accounts SET balance = balance - :change',
      },
      {
        kind: 'same_lock',
        title: 'Take the same lock on both sides.',
        text: 'Now one holds L, and the other M.',
        example: '',
      },
    ],
    witnesses: [
      {
        explanation: 'Both read 100.',
        steps: [
          step(1, 1, 'Read', 100),
          step(2, 2, 'Read', 100),
          step(1, 3, 'Write', 70),
          step(2, 4, 'Write', 60),
        ],
      },
    ],
    ...changes,
  };
}

/** What an attacker would have a terminal, a page, a table or a mention do. */
const hostile =
  'a\u001b]0;owned\u0007\u001b[31m\r\n\u202e\u0000\ud800<script>alert(1)</script>]]>&"\'|`` ``` @team [x](https://evil) ![i](x) #1 \u2028';
const hostileSite = {
  service: hostile,
  operation: hostile,
  function: hostile,
  location: `${hostile}.js:1`,
  access_type: hostile,
  locks: [{ name: hostile }],
};
const hostileIssue = issue({
  fingerprint: hostile,
  variable: hostile,
  pattern: hostile,
  evidence: 'E4',
  sites: [hostileSite, hostileSite],
  witnesses: [
    {
      explanation: hostile.repeat(1000),
      steps: [
        { ...hostileSite, column: 1, timestamp: hostile, variable: hostile, new_value: hostile },
      ],
    },
  ],
});

const races: readonly Race[] = [
  readRace(issue()),
  readRace(issue({ fingerprint: 'known', pattern: 'check_then_insert' })),
  readRace(issue({ fingerprint: 'weak', evidence: 'E1' })),
  readRace(hostileIssue),
  readRace({}),
  readRace(null),
];
const judgement: Judgement = {
  judged: judge(races, 'E2', ({ fingerprint }) => fingerprint === 'known'),
  failOn: 'E2',
  reservations: [`the analysis came to a limit (${hostile})`],
};
const empty: Judgement = { judged: [], failOn: 'E2', reservations: [] };

test('a terminal shows a race as two columns, and how to close it', () => {
  const text = terminalReport({
    ...judgement,
    judged: judgement.judged.slice(0, 3),
    reservations: [],
  });
  assert.equal(
    text,
    `1. Lost update of db:accounts.*.balance [E3, values prove it]
   A  POST /pay, pay, src/bank.js:4 (bank)
   B  POST /pay, pay, src/bank.js:4 (bank)

              A                    B
        0 ms  reads 100 bank.js:1
     +1.0 ms                       reads 100 bank.js:2
     +2.0 ms  writes 70 bank.js:3
     +3.0 ms                       writes 60 bank.js:4

   Both read before the other wrote; the first change is gone.
   Both read 100.
   To close it:
   - Let the database compute the new value: UPDATE accounts SET balance = balance - :change
   - Take the same lock on both sides: Now one holds L, and the other M
   Seen 2 times, 3 pairs at risk; fingerprint 0123456789abcdef

known  Check, then insert of db:accounts.*.balance [E3, values prove it] POST /pay, pay, src/bank.js:4 (bank) / POST /pay, pay, src/bank.js:4 (bank)
weak   Lost update of db:accounts.*.balance [E1, at one time] POST /pay, pay, src/bank.js:4 (bank) / POST /pay, pay, src/bank.js:4 (bank)

raceway: 1 new race at E2 or above; 1 in the baseline, 1 with weaker evidence`,
  );
  assert.equal(terminalReport(empty), 'raceway: no new race at E2 or above');
});

test('what an older server does not tell of closing a race is left out', () => {
  const judged = judge([readRace(issue({ remedies: null }))], 'E0', () => false);
  for (const text of [
    terminalReport({ ...empty, judged }),
    markdownReport({ ...empty, judged }),
    junitReport({ ...empty, judged }),
    sarifReport({ ...empty, judged }, '1.0.0'),
  ]) {
    assert.match(text, /accounts/);
    assert.doesNotMatch(text, /To close it/);
  }
});

test('no report does what a trace wants', () => {
  const reports = [
    terminalReport(judgement),
    markdownReport(judgement),
    junitReport(judgement),
    sarifReport(judgement, '1.0.0'),
  ];
  for (const report of reports) {
    const dangerous =
      /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u202e]|[\ud800-\udbff](?![\udc00-\udfff])/;
    assert.doesNotMatch(report, dangerous);
    assert.ok(report.length < 60_000, 'long texts are cut');
  }
  const [, markdown = '', junit = ''] = reports;
  const outsideCode = markdown.replace(/^```text\n[\s\S]*?^```$/gm, '').replace(/`[^`\n]*`/g, '');
  assert.doesNotMatch(outsideCode, /<script|@team|\]\(http|!\[|https:\/\//);
  assert.equal(markdown.match(/^```/gm)?.length, 2 * (markdown.match(/^```text$/gm)?.length ?? -1));
  assert.doesNotMatch(junit, /<script/);
});

test('SARIF logs are what the standard says', () => {
  const schema = JSON.parse(
    readFileSync(join(repositoryRoot, 'test/fixtures/schemas/sarif-2.1.0.json'), 'utf8'),
  );
  // The schema is of draft 4, whose other name for an id is all that it has of its own.
  const { id: _id, $schema: _draft, ...rules } = schema;
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats.default(ajv);
  const validate = ajv.compile(rules);
  for (const report of [sarifReport(judgement, '1.0.0'), sarifReport(empty, '1.0.0')]) {
    assert.ok(validate(JSON.parse(report)), JSON.stringify(validate.errors?.slice(0, 3)));
  }
  assert.ok(!validate({ version: '2.1.0' }), 'the schema can refuse');
  const [run] = JSON.parse(sarifReport(judgement, '1.0.0')).runs;
  const [first, second] = run.results;
  assert.deepEqual(first.locations[0].physicalLocation, {
    artifactLocation: { uri: 'src/bank.js', uriBaseId: 'SRCROOT' },
    region: { startLine: 4 },
  });
  assert.deepEqual(first.partialFingerprints, { 'raceway/v1': '0123456789abcdef' });
  assert.equal(first.suppressions, undefined);
  assert.equal(second.suppressions[0].kind, 'external', 'known ones are closed');
  assert.equal(run.tool.driver.rules[first.ruleIndex].id, 'lost_update');
});

test('JUnit reports are what Jenkins reads', async () => {
  const schema = readFileSync(join(repositoryRoot, 'test/fixtures/schemas/junit-10.xsd'), 'utf8');
  const faultsOf = async (contents: string) => {
    const { errors } = await validateXML({
      xml: [{ fileName: 'report.xml', contents }],
      schema: [schema],
    });
    return errors.map(({ message }) => message);
  };
  assert.deepEqual(await faultsOf(junitReport(judgement)), []);
  assert.deepEqual(await faultsOf(junitReport(empty)), []);
  assert.notDeepEqual(await faultsOf('<testsuites><case/></testsuites>'), []);
  const [, counts] = /<testsuites (.*)>/.exec(junitReport(judgement)) ?? [];
  assert.equal(counts, 'tests="3" failures="2" errors="0"');
  assert.match(
    junitReport(empty),
    /<testcase classname="raceway" name="no new race at E2 or above"\/>/,
  );
});

test('a comment stays below what a forge takes', () => {
  const many = Array.from({ length: 2000 }, () => readRace(issue()));
  const report = markdownReport({ ...empty, judged: judge(many, 'E2', () => false) });
  assert.ok(report.length < 65_536);
  assert.match(report, /… and \d+ more\.\n$/);
});

test('a race by its witness: locks are lines of their own, and what was lost stands beside its step', () => {
  const steps = [
    [1, 'Read', '00Z', 12750],
    [2, 'Read', '0007Z', 12750],
    [2, 'Write', '0022Z', 12710],
    [1, 'Write', '0037Z', 12775],
  ].map(([column, access_type, end, value]) => ({
    ...{ column, access_type, variable: 'ledger', old_value: null, new_value: value },
    ...{ timestamp: `2026-01-01T00:00:00.${end}`, location: `${column}.py:24` },
  }));
  const one = { pattern: 'lost_update', evidence: 'E3', count: 1, witnesses: [{ steps }] };
  const told = readWitness({
    effects: [
      { stored: '12750', lost: null },
      { stored: '12750', lost: null },
      { stored: '12710', lost: null },
      { stored: '12775\u001b[31m', lost: '12710' },
    ],
    sides: [{ locks: [{ name: 'ledger', from_us: -500, until_us: 4000 }] }, { locks: [] }],
  });
  const shown = interleavingLines(readRace(one as unknown as JsonValue), told);
  assert.deepEqual(
    shown.map((line) => line.trim().replaceAll(/ {2,}/g, ' | ')),
    [
      'A | B | stored',
      '-0.5 ms | takes lock ledger',
      '0 ms | reads 12750 1.py:24 | 12750',
      '+0.7 ms | reads 12750 2.py:24 | 12750',
      '+2.2 ms | writes 12710 2.py:24 | 12710',
      '+3.7 ms | writes 12775 1.py:24 | 12775\\x1b[31m | <- what B wrote is gone: 12710',
      '+4.0 ms | releases lock ledger',
    ],
  );
  // An earlier version tells nothing beside the steps.
  assert.equal(interleavingLines(readRace(one as unknown as JsonValue)).length, 5);
  assert.deepEqual(readWitness({}), { effects: [], locks: [] });
});
