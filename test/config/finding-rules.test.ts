import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expiredRules, findingFaults, findingRules } from '../../src/config/values/finding-rule.ts';
import { ignoringRule, ownerOf } from '../../src/domain/findings/finding-rules.ts';
import { site, subject } from '../storage/derived/records.ts';
import { load } from '../support/config.ts';

const about = subject('db:accounts[id=7].balance', 'shared', [
  site({ service: 'web', location: 'src/pay/transfer.ts:12' }),
  site({ service: 'jobs', location: 'src/jobs/interest.ts:7' }),
]);
const nothing = { variable: null, place: null, pattern: null, service: null, expiresMs: null };

const rules: readonly (readonly [object, boolean])[] = [
  [{ variable: 'db:accounts[id=*].balance' }, true],
  [{ variable: 'db:accounts*' }, true],
  [{ variable: '*balance' }, true],
  [{ variable: '*accounts*balance*' }, true],
  [{ variable: 'db:accounts' }, false],
  [{ variable: '*balance*balance' }, false],
  [{ variable: 'db:accounts[id=*].balance*.balance' }, false],
  [{ place: 'src/pay/*' }, true],
  [{ place: 'pay' }, false],
  [{ service: 'jobs' }, true],
  [{ service: 'job' }, false],
  [{ pattern: 'write_write' }, true],
  [{ pattern: 'lost_update' }, false],
  [{ service: 'jobs', place: 'src/other/*' }, false],
];
for (const [rule, holds] of rules) {
  test(`a rule that says ${JSON.stringify(rule)} ${holds ? 'ignores' : 'lets be'}`, () => {
    const found = ignoringRule([{ ...nothing, reason: 'why', ...rule }], about, 'write_write');
    assert.equal(found, holds ? 'why' : null);
  });
}

test('the first owner that fits looks after an issue', () => {
  const owners = [
    { service: 'other', path: null, name: 'nobody' },
    { service: null, path: 'src/jobs/', name: 'team jobs' },
    { service: 'web', path: null, name: 'team web' },
  ];
  assert.equal(ownerOf(owners, about), 'team jobs');
  assert.equal(ownerOf(owners.slice(2), about), 'team web');
  assert.equal(ownerOf([], about), null);
});

test('rules come from tables of the file, and what they lack is told', () => {
  const { config } = load({
    toml: `
[[findings.ignore]]
variable = "db:sessions*"
reason = "the last login wins"
expires_at = 2020-01-31

[[findings.owner]]
path = "src/"
name = "team"
`,
  });
  assert.deepEqual(findingRules(config.findings), {
    ignore: [
      {
        ...nothing,
        variable: 'db:sessions*',
        reason: 'the last login wins',
        expiresMs: Date.UTC(2020, 0, 31),
      },
    ],
    owners: [{ service: null, path: 'src/', name: 'team' }],
  });
  const [expired] = expiredRules(config.findings, Date.UTC(2020, 0, 31));
  assert.match(expired ?? '', /item 1 \("the last login wins"\), has expired at 2020-01-31/);
  assert.deepEqual(expiredRules(config.findings, Date.UTC(2020, 0, 30)), []);
  const faults = findingFaults({
    ignore: [{ reason: 'x' }, { variable: '*', reason: 'x' }],
    owner: [{ name: 'x' }],
  });
  assert.deepEqual(
    faults.map(({ reason }) => reason.slice(0, 24)),
    ['item 1 says nothing; nam', 'item 2 ignores everythin', 'item 1 needs a service o'],
  );
});
