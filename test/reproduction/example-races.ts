import type { Pattern } from '../../src/domain/findings/finding.ts';
import type { Issue } from '../../src/domain/findings/issue.ts';
import type { SentRequest } from '../../src/reproduction/http-scripts.ts';

type Step = readonly [column: 1 | 2, type: string, variable: string, old: unknown, value: unknown];

/** An issue with one witness, as far as a reproduction looks at it. */
export function issueOf(pattern: Pattern, steps: readonly Step[]): Issue {
  const [, , variable = ''] = steps[0] ?? [];
  const witness = {
    variable,
    steps: steps.map(([column, access_type, name, old_value, new_value]) => ({
      ...{ column, access_type, variable: name, old_value, new_value },
    })),
  };
  return {
    subject: { fingerprint: 'f'.repeat(16), variable },
    pattern,
    witnesses: [JSON.stringify(witness)],
  } as unknown as Issue;
}

const hostile = `db:t'; DROP TABLE x; --.a"b'c\\\u001b[31m$(touch /tmp/owned)\`.v`;

/** A race of each pattern that a database can have, ordinary and odd. */
export const exampleRaces: Readonly<Record<string, Issue>> = {
  lostUpdate: issueOf('lost_update', [
    [1, 'Read', 'db:accounts.7.balance', null, 100],
    [2, 'Read', 'db:accounts.7.balance', null, 100],
    [2, 'Write', 'db:accounts.7.balance', 100, 70.5],
    [1, 'Write', 'db:accounts.7.balance', 100, 60],
  ]),
  lostUpdateWithoutValues: issueOf('lost_update', [
    [1, 'Read', 'db:shop.accounts[id=7].balance', null, null],
    [2, 'Read', 'db:shop.accounts[id=7].balance', null, null],
    [1, 'Write', 'db:shop.accounts[id=7].balance', null, null],
    [2, 'Write', 'db:shop.accounts[id=7].balance', null, null],
  ]),
  lostText: issueOf('lost_update', [
    [1, 'Read', hostile, null, `it's "new"\\`],
    [2, 'Read', hostile, null, `it's "new"\\`],
    [1, 'Write', hostile, 'new', { deep: ['$HOME', '`id`', '\u202e'] }],
    [2, 'Write', hostile, 'new', 'x'.repeat(5000)],
  ]),
  oversell: issueOf('check_then_act', [
    [1, 'Read', 'db:items.3.stock', null, 1],
    [2, 'Read', 'db:items.3.stock', null, 1],
    [1, 'AtomicRMW', 'db:items.3.stock', 1, 0],
    [2, 'AtomicRMW', 'db:items.3.stock', 0, -1],
  ]),
  overtakenDecision: issueOf('check_then_act', [
    [1, 'Read', 'db:orders.4.state', null, 'open'],
    [2, 'Write', 'db:orders.4.state', 'open', 'cancelled'],
    [1, 'Write', 'db:orders.4.state', 'cancelled', 'shipped'],
  ]),
  doubleSignUp: issueOf('check_then_insert', [
    [1, 'Read', 'db:users[email=a@b.c].exists', null, false],
    [2, 'Read', 'db:users[email=a@b.c].exists', null, false],
    [2, 'Write', 'db:users[email=a@b.c].exists', false, true],
    [1, 'Write', 'db:users[email=a@b.c].exists', false, true],
  ]),
  doubleSubmit: issueOf('double_submit', [
    [1, 'Read', 'db:orders.5', null, null],
    [2, 'Read', 'db:orders.5', null, null],
    [1, 'Write', 'db:orders.5', null, 'placed'],
    [2, 'Write', 'db:orders.5', null, 'placed'],
  ]),
  writeSkew: issueOf('write_skew', [
    [1, 'Read', 'db:oncall.1.active', null, true],
    [1, 'Read', 'db:oncall.2.active', null, true],
    [2, 'Read', 'db:oncall.1.active', null, true],
    [2, 'Read', 'db:oncall.2.active', null, true],
    [1, 'Write', 'db:oncall.1.active', true, false],
    [2, 'Write', 'db:oncall.2.active', true, false],
  ]),
  unrepeatable: issueOf('non_repeatable_read', [
    [2, 'Read', 'db:rates.eur.value', null, 1.25],
    [1, 'Write', 'db:rates.eur.value', 1.25, 1.5],
    [2, 'Read', 'db:rates.eur.value', null, 1.5],
  ]),
};

export const requests: readonly [SentRequest, SentRequest] = [
  { method: 'POST', path: `/buy?note=it's%20$(touch%20/tmp/owned)`, body: `{"by":"it's"}` },
  { method: 'POST', path: '/buy', body: null },
];
