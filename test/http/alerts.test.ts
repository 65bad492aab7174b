import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { KEY, testApp } from '../support/app.ts';
import { repositoryRoot } from '../support/repository.ts';

const rules = readFileSync(join(repositoryRoot, 'deploy/prometheus/raceway-alerts.yml'), 'utf8');
const alerts = [...rules.matchAll(/^ {6}- alert: (\w+)$/gm)].map(([, name = '']) => name);

test('every metric of the alert rules is one of /metrics', async (t) => {
  const { app } = await testApp(t, { server: { auth_enabled: true, api_keys: [KEY] } });
  const { body } = await app.inject({
    url: '/metrics',
    headers: { authorization: `Bearer ${KEY}` },
  });
  const known = new Set([...body.matchAll(/^# TYPE (\w+) /gm)].map(([, name]) => name));
  const expressions = [...rules.matchAll(/^ +expr: (.*)$/gm)].map(([, text = '']) => text);
  assert.equal(expressions.length, alerts.length + 1);
  const named = new Set(expressions.flatMap((text) => text.match(/\braceway_\w+/g) ?? []));
  assert.deepEqual(
    [...named].filter((name) => !known.has(name)),
    [],
  );
});

/** The seed's lines under "Monitoring" and "Security Monitoring", then those that its trial added. */
const lines: readonly (readonly [line: string, alerts: readonly string[]])[] = [
  ['Monitor failed authentication attempts', ['RacewayAuthFailures']],
  ['Failed authentication attempts (>5/min from same IP)', ['RacewayAuthFailuresFromOneAddress']],
  ['Alert on rate limit hits', ['RacewayRateLimited', 'RacewayIngestRateLimited']],
  ['Track API key usage by key', ['RacewayKeyUnused', 'RacewayForbidden']],
  ['Review access logs regularly', ['RacewayAuditLinesLost']],
  ['Monitor for unusual traffic patterns', ['RacewayTrafficUnusual', 'RacewayUnknownOrigin']],
  ['Unusual traffic patterns (geographic anomalies)', ['RacewayKeyFromNewNetwork']],
  ['Set up alerts for anomalies', ['RacewayIngestStopped', 'RacewayServerErrors', 'RacewayDown']],
  ['Rotate API keys every 90 days', ['RacewayKeyOld', 'RacewayKeyWarning']],
  ['Resource exhaustion attempts', ['RacewayStorageDown', 'RacewayEventsRejected']],
  ['SQL injection attempts', ['RacewayBadRequests', 'RacewayBadRequestsFromOneAddress']],
  ['Large payloads (potential DoS)', ['RacewayLargePayloads']],
  ['queue over 80 %', ['RacewayQueueFilling']],
  ['503 rate', ['RacewayIngestRefused']],
  ['heap', ['RacewayHeapFilling']],
  ['memory', ['RacewayMemoryFilling', 'RacewayAnalysesCut']],
  ['evictions', ['RacewayEvicting']],
  ['findings behind', ['RacewayFindingsBehind']],
  ['retention', ['RacewayRetentionFailing', 'RacewayRetentionBehind']],
  ['sealing', ['RacewaySealingWaiting']],
  ['alerts that do not arrive', ['RacewayAlertsFailing']],
  ['certificate expiry', ['RacewayCertificateExpires', 'RacewayCertificateAboutToExpire']],
  ['key expiry', ['RacewayKeyExpiresSoon']],
];

test('each line that the guide asks to monitor has its alert', () => {
  assert.deepEqual(lines.flatMap(([, names]) => names).sort(), [...alerts].sort());
});

test('each alert says how bad it is, what it means and what to do', () => {
  const parts = rules.split(/^ {6}- /m).filter((part) => part.startsWith('alert:'));
  assert.equal(parts.length, alerts.length);
  for (const part of parts) {
    assert.match(part, /^ {8}labels: \{ severity: (?:info|warning|critical) \}$/m);
    assert.match(part, /^ {10}summary: [A-Z].*[^.]$/m);
    assert.match(part, /^ {10}description: \S.*\.$/m);
  }
});
