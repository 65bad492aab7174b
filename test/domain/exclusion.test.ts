import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Exclusion, type ExclusionRule } from '../../src/domain/exclusion.ts';

interface Row {
  readonly rule: ExclusionRule;
  readonly service?: string;
  readonly operation?: string;
  readonly userAgent?: string | null;
  readonly isLeftOut: boolean;
}

const rows: readonly Row[] = [
  { rule: { service: 'prober' }, service: 'prober', isLeftOut: true },
  { rule: { service: 'prober' }, service: 'probers', isLeftOut: false },
  { rule: { service: 'load-*' }, service: 'load-7', isLeftOut: true },
  { rule: { route: '/health' }, operation: 'GET /health', isLeftOut: true },
  { rule: { route: '/health' }, operation: 'HEAD /health', isLeftOut: true },
  { rule: { route: '/health' }, operation: 'GET /healthy', isLeftOut: false },
  { rule: { route: '/health' }, operation: 'GET /api/health', isLeftOut: false },
  { rule: { route: '*/health' }, operation: 'GET /api/health', isLeftOut: true },
  { rule: { route: '/health*' }, operation: 'GET /healthz/live', isLeftOut: true },
  { rule: { route: 'GET /health' }, operation: 'POST /health', isLeftOut: false },
  { rule: { route: 'GET /users/*/ping' }, operation: 'GET /users/*/ping', isLeftOut: true },
  {
    rule: { route: 'grpc.health.v1.*' },
    operation: 'grpc.health.v1.Health/Check',
    isLeftOut: true,
  },
  { rule: { route: '/a*b*a' }, operation: 'GET /ab', isLeftOut: false },
  { rule: { route: '/a*b*a' }, operation: 'GET /aXbXa', isLeftOut: true },
  { rule: { user_agent: 'kube-probe/*' }, userAgent: 'kube-probe/1.31', isLeftOut: true },
  {
    rule: { user_agent: '*googlebot*' },
    userAgent: 'Mozilla/5.0 (Googlebot/2.1)',
    isLeftOut: true,
  },
  { rule: { user_agent: '*' }, userAgent: null, isLeftOut: false },
  { rule: { user_agent: 'curl*' }, userAgent: 'Mozilla/5.0', isLeftOut: false },
  {
    rule: { service: 'shop', route: '/x', user_agent: 'bot' },
    service: 'shop',
    operation: 'GET /x',
    userAgent: 'bot',
    isLeftOut: true,
  },
  {
    rule: { service: 'shop', route: '/x', user_agent: 'bot' },
    service: 'shop',
    operation: 'GET /x',
    userAgent: 'human',
    isLeftOut: false,
  },
  {
    rule: { service: 'shop', route: '/x' },
    service: 'bank',
    operation: 'GET /x',
    isLeftOut: false,
  },
];

test('a rule leaves out what all of its members fit', () => {
  for (const {
    rule,
    service = 'web',
    operation = 'GET /',
    userAgent = 'human',
    isLeftOut,
  } of rows) {
    const exclusion = new Exclusion([rule]);
    assert.equal(
      exclusion.leavesOutService(service) ||
        exclusion.leavesOutRequest(service, { operation, userAgent }),
      isLeftOut,
      `${JSON.stringify(rule)} of ${service}, ${operation}, ${userAgent}`,
    );
  }
});

test('stars are matched in a time that does not explode', () => {
  const exclusion = new Exclusion([{ route: `/${'*a'.repeat(40)}b` }]);
  const operation = `GET /${'a'.repeat(100_000)}`;
  assert.equal(exclusion.leavesOutRequest('web', { operation, userAgent: null }), false);
});
