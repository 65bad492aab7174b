import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReceiverState } from '../../../src/alerts/receiver-loop.ts';
import { testApp } from '../../support/app.ts';

const state: ReceiverState = {
  name: 'ops',
  type: 'slack',
  sent: 3,
  failures: 2,
  givenUp: 1,
  lastSentAtMs: Date.UTC(2026, 0, 31),
  fault: 'answered 500',
};

test('/status and /metrics say what became of alerts', async (t) => {
  const { app, storage } = await testApp(t, { alerter: { states: [state] } });
  const note = { fingerprint: 'f', evidence: 'E2', regressedMs: null, news: 'new' } as const;
  await storage.alerts.noteIssues('ops', [note]);
  const status = await app.inject({ url: '/status' });
  assert.deepEqual(status.json().data.alerts, [
    {
      name: 'ops',
      type: 'slack',
      waiting: 1,
      sent: 3,
      failures: 2,
      given_up: 1,
      last_sent_at: '2026-01-31T00:00:00.000Z',
      fault: 'answered 500',
    },
  ]);
  const { body } = await app.inject({ url: '/metrics' });
  const figures = body.split('\n').filter((line) => line.startsWith('raceway_alert'));
  assert.deepEqual(figures, [
    'raceway_alerts_sent_total{alert="ops"} 3',
    'raceway_alert_failures_total{alert="ops"} 2',
    'raceway_alerts_given_up_total{alert="ops"} 1',
    'raceway_alert_failing{alert="ops"} 1',
    'raceway_alerts_waiting{alert="ops"} 1',
  ]);
});
