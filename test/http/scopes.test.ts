/** Every route of the OpenAPI document, tried with every kind of key. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Scope, scopes } from '../../src/domain/scope.ts';
import type { App } from '../../src/http/context.ts';
import { digestOf } from '../../src/keys/access-key.ts';
import { generateKey } from '../../src/keys/key-format.ts';
import { KEY, testApp } from '../support/app.ts';
import { namedKey } from '../support/keys.ts';

/**
 * Where each route belongs, by its scope. A route that is not in here fails the test: whoever adds
 * one decides what a key must be good for, and writes it down a second time.
 */
const placed: Readonly<Record<Scope | 'public', readonly string[]>> = {
  public: [
    'GET /health',
    'GET /ready',
    'DELETE /api/session',
    'GET /api/session',
    'POST /api/session',
  ],
  ingest: [
    'POST /events',
    'POST /api/demo',
    'POST /api/traces',
    'POST /v1/logs',
    'POST /v1/metrics',
    'POST /v1/traces',
  ],
  read: [
    'GET /api/performance/metrics',
    'GET /api/accesses',
    'GET /api/analyze/global',
    'GET /api/anomalies',
    'GET /api/distributed/edges',
    'GET /api/distributed/global-races',
    'GET /api/distributed/hotspots',
    'GET /api/export',
    'GET /api/latency',
    'GET /api/live',
    'GET /api/operations',
    'GET /api/races',
    'GET /api/races/facets',
    'GET /api/races/report',
    'GET /api/races/{fingerprint}',
    'GET /api/races/{fingerprint}/reproduction',
    'GET /api/races/{fingerprint}/triage',
    'GET /api/races/{fingerprint}/witness',
    'GET /api/races/{fingerprint}/witnesses/{number}',
    'GET /api/services',
    'GET /api/status',
    'GET /api/services/health',
    'GET /api/services/{service}',
    'GET /api/services/{service}/dependencies',
    'GET /api/services/{service}/traces',
    'GET /api/traces',
    'GET /api/triage',
    'GET /api/traces/facets',
    'GET /api/traces/histogram',
    'GET /api/variables',
    'GET /api/traces/{traceId}',
    'GET /api/traces/{traceId}/anomalies',
    'GET /api/traces/{traceId}/audit-trail/{variable}',
    'GET /api/traces/{traceId}/critical-path',
    'GET /api/traces/{traceId}/dependencies',
    'GET /api/traces/{traceId}/events',
    'GET /api/traces/{traceId}/meanwhile',
    'GET /api/traces/{traceId}/summary',
    'GET /api/traces/{traceId}/timeline',
    'GET /api/traces/{traceId}/timeline/{row}',
    'GET /jaeger/api/operations',
    'GET /jaeger/api/services',
    'GET /jaeger/api/services/{service}/operations',
    'GET /jaeger/api/traces',
    'GET /jaeger/api/traces/{traceId}',
    'GET /metrics',
    'GET /openapi.json',
    'GET /status',
    'POST /mcp',
  ],
  triage: ['PATCH /api/races/{fingerprint}', 'POST /api/triage'],
  delete: ['DELETE /api/traces', 'DELETE /api/traces/{traceId}'],
  admin: [],
};

interface Route {
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly scope: Scope | 'public';
}

interface ApiDocument {
  readonly paths: Record<
    string,
    Record<string, { security: readonly Readonly<Record<string, readonly Scope[]>>[] }>
  >;
}

function routesOf(app: App): Route[] {
  const { paths } = app.swagger() as unknown as ApiDocument;
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([name, { security }]) => {
      const method = name.toUpperCase() as Route['method'];
      const scope = security.length === 0 ? 'public' : (security[0]?.['bearer']?.[0] ?? 'admin');
      const url = path.replaceAll(/\{\w+\}/g, 'x');
      return { name: `${method} ${path}`, method, url, scope };
    }),
  );
}

async function statusWith(app: App, { method, url }: Route, key: string | null) {
  const hasBody = method === 'POST' || method === 'PATCH';
  const headers = {
    ...(key === null ? {} : { authorization: `Bearer ${key}` }),
    ...(hasBody ? { 'content-type': 'application/json' } : {}),
    // As the web UI would ask.
    'x-raceway-ui': '1',
    // Many failures come from here, each from an address of its own.
    'x-forwarded-for': `2001:db8:${(addresses++).toString(16)}::1`,
  };
  const body = hasBody ? { body: '{"events":[]}' } : {};
  return app.inject({ method, url, headers, ...body });
}
let addresses = 1;

test('every route is placed under a scope', async (t) => {
  const { app } = await testApp(t);
  await app.ready();
  const found = Object.fromEntries(
    [...scopes, 'public' as const].map((scope) => [
      scope,
      routesOf(app)
        .filter((route) => route.scope === scope)
        .map(({ name }) => name)
        .sort(),
    ]),
  );
  const expected = Object.fromEntries(
    Object.entries(placed).map(([scope, names]) => [scope, [...names].sort()]),
  );
  assert.deepEqual(found, expected);
});

test('route × key: none, wrong, mangled, expired, removed, each scope alone, a plain one', async (t) => {
  const byScope = new Map(scopes.map((scope) => [scope, generateKey()]));
  const [expired, removed, generated] = [generateKey(), generateKey(), generateKey()];
  const named = [...byScope].map(([scope, key]) => namedKey(key, { name: scope, scopes: [scope] }));
  const { app, keys } = await testApp(t, {
    server: {
      auth_enabled: true,
      api_keys: [KEY],
      keys: [
        ...named,
        namedKey(expired, { name: 'expired', scopes: [...scopes], expires_at: Date.now() - 1 }),
        namedKey(removed, { name: 'removed', scopes: [...scopes] }),
      ],
    },
  });
  await app.ready();
  const digest = digestOf(removed);
  keys.replace(
    keys.keys.filter((key) => !key.digest.equals(digest)),
    true,
  );
  const mangled = generated.slice(0, -1) + (generated.endsWith('0') ? '1' : '0');
  for (const route of routesOf(app)) {
    const isPublic = route.scope === 'public';
    const refused: [key: string | null, sentence: RegExp][] = [
      [null, /send a valid key/],
      ['wrong-key-0123456789', /not one of this server/],
      [generated, /not one of this server/],
      [mangled, /mistyped Raceway key/],
      [expired, /expired/],
      [removed, /not one of this server/],
      [digestOf(KEY).toString('hex'), /not one of this server/],
    ];
    for (const [key, sentence] of refused) {
      const reply = await statusWith(app, route, key);
      assert.equal(reply.statusCode === 401, !isPublic, `${route.name} ${key}`);
      if (!isPublic) assert.match(reply.json().error, sentence);
    }
    for (const [scope, key] of [...byScope, ['plain', KEY] as const]) {
      const reply = await statusWith(app, route, key);
      const opens =
        isPublic || scope === route.scope || (scope === 'plain' && route.scope !== 'admin');
      assert.equal(reply.statusCode === 403, !opens, `${route.name} with ${scope}: ${reply.body}`);
      assert.notEqual(reply.statusCode, 401);
      if (opens) continue;
      assert.equal(reply.json().code, 'forbidden');
      const sentence = `this needs a key with the scope ${route.scope}; the key that was sent has ${scope}`;
      assert.equal(reply.json().error, scope === 'plain' ? reply.json().error : sentence);
    }
  }
});

test('with any valid key a path without a route is a 404 and a wrong method a 405', async (t) => {
  const key = generateKey();
  const { app } = await testApp(t, {
    server: { auth_enabled: true, keys: [namedKey(key, { scopes: ['ingest'] })] },
  });
  const headers = { authorization: `Bearer ${key}` };
  assert.equal((await app.inject({ url: '/nothing', headers })).statusCode, 404);
  assert.equal((await app.inject({ url: '/events', headers })).statusCode, 405);
  assert.equal((await app.inject({ method: 'HEAD', url: '/status', headers })).statusCode, 403);
});
