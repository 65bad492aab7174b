/** The alert rules as shipped, by Prometheus' own tool: sound, and each fires when it should. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { repositoryRoot } from '../support/repository.ts';
import { unless } from './programs.ts';

const rules = join(repositoryRoot, 'deploy/prometheus/raceway-alerts.yml');
const configuration = join(repositoryRoot, 'deploy/prometheus/prometheus.yml');

/** What makes an alert fire, and the same harmless. */
interface Case {
  /** Minutes from one value to the next; 1 when left out. */
  readonly step?: number;
  /** When it is looked at. */
  readonly minute: number;
  readonly fires: Readonly<Record<string, string>>;
  readonly quiet: Readonly<Record<string, string>>;
}

const dayMinutes = 24 * 60;
const days = (count: number) => count * dayMinutes;
/** A value that does not change. */
const steady = (value: number, steps = 60) => `${value}x${steps}`;
/** A counter that grows by a number each minute. */
const growing = (each: number) => `0+${each}x60`;
/** A counter that stands still and then grows once. */
const once = (by: number) => `0x5 ${by}x30`;
const ends = (inDays: number) => steady(inDays * 86_400);
const accepted = 'raceway_events_total{instance="a",outcome="accepted",reason=""}';
const requests = (status: number) => `raceway_http_requests_total{instance="a",status="${status}"}`;

const cases: Readonly<Record<string, Case>> = {
  RacewayAuthFailuresFromOneAddress: {
    minute: 6,
    fires: { 'raceway_auth_failing_addresses_total{instance="a"}': once(1) },
    quiet: { 'raceway_auth_failing_addresses_total{instance="a"}': steady(7) },
  },
  RacewayAuthFailures: {
    minute: 20,
    fires: { 'raceway_auth_failures_total{instance="a",reason="wrong"}': growing(8) },
    quiet: { 'raceway_auth_failures_total{instance="a",reason="wrong"}': growing(5) },
  },
  RacewayForbidden: {
    minute: 8,
    fires: { 'raceway_forbidden_total{instance="a",scope="delete"}': once(1) },
    quiet: { 'raceway_forbidden_total{instance="a",scope="delete"}': steady(3) },
  },
  RacewayRateLimited: {
    minute: 8,
    fires: {
      'raceway_rate_limited_total{instance="a",budget="failures",route="unknown"}': once(1),
    },
    quiet: {
      'raceway_rate_limited_total{instance="a",budget="failures",route="unknown"}': steady(3),
    },
  },
  RacewayIngestRateLimited: {
    minute: 8,
    fires: { 'raceway_rate_limited_total{instance="a",budget="global",route="/events"}': once(1) },
    quiet: { 'raceway_rate_limited_total{instance="a",budget="global",route="/status"}': once(1) },
  },
  RacewayKeyFromNewNetwork: {
    step: 5,
    minute: days(2) + 10,
    fires: {
      'raceway_key_networks_total{instance="a",key="checkout",id="0a"}': '1x576 2x12',
      'raceway_process_start_timestamp_seconds{instance="a"}': steady(0, 600),
    },
    quiet: {
      'raceway_key_networks_total{instance="a",key="checkout",id="0a"}': '1x576 2x12',
      'raceway_process_start_timestamp_seconds{instance="a"}': steady(129_600, 600),
    },
  },
  RacewayUnknownOrigin: {
    minute: 20,
    fires: { 'raceway_cors_requests_total{instance="a",origin="other"}': growing(3) },
    quiet: { 'raceway_cors_requests_total{instance="a",origin="https://a.example"}': growing(3) },
  },
  RacewayKeyExpiresSoon: {
    minute: 5,
    fires: { 'raceway_key_expires_timestamp_seconds{key="checkout",id="0a"}': ends(13) },
    quiet: {
      'raceway_key_expires_timestamp_seconds{key="checkout",id="0a"}': ends(15),
      'raceway_key_expires_timestamp_seconds{key="endless",id="0b"}': 'NaN NaN NaN NaN NaN NaN',
    },
  },
  RacewayKeyOld: {
    step: 60,
    minute: days(91),
    fires: { 'raceway_key_created_timestamp_seconds{key="checkout",id="0a"}': steady(0, 2200) },
    quiet: {
      'raceway_key_created_timestamp_seconds{key="checkout",id="0a"}': steady(172_800, 2200),
    },
  },
  RacewayKeyWarning: {
    minute: 70,
    fires: { 'raceway_key_warnings{key="checkout",id="0a"}': steady(1, 90) },
    quiet: { 'raceway_key_warnings{key="checkout",id="0a"}': steady(0, 90) },
  },
  RacewayKeyUnused: {
    step: 60,
    minute: days(31),
    fires: { 'raceway_key_last_used_timestamp_seconds{key="a",id="0a"}': steady(0, 760) },
    quiet: { 'raceway_key_last_used_timestamp_seconds{key="a",id="0a"}': steady(172_800, 760) },
  },
  RacewayTrafficUnusual: {
    step: 10,
    minute: days(7) + 90,
    fires: { [requests(200)]: '0+10x1008 10080+40x15' },
    quiet: { [requests(200)]: '0+10x1008 10080+20x15' },
  },
  RacewayIngestStopped: {
    step: 5,
    minute: days(1) + 60,
    fires: { [accepted]: '0+1000x288 288000x24' },
    quiet: { [accepted]: '0+1000x312' },
  },
  RacewayBadRequestsFromOneAddress: {
    minute: 6,
    fires: { 'raceway_malformed_addresses_total{instance="a"}': once(1) },
    quiet: { 'raceway_malformed_addresses_total{instance="a"}': steady(7) },
  },
  RacewayBadRequests: {
    minute: 30,
    fires: { [requests(400)]: growing(70) },
    quiet: { [requests(400)]: growing(50), [requests(404)]: growing(500) },
  },
  RacewayEventsRejected: {
    minute: 40,
    fires: { 'raceway_events_total{instance="a",outcome="rejected",reason="id"}': growing(1) },
    quiet: { [accepted]: growing(100) },
  },
  RacewayLargePayloads: {
    minute: 8,
    fires: { 'raceway_ingest_refused_total{instance="a",reason="too_large"}': once(1) },
    quiet: { 'raceway_ingest_refused_total{instance="a",reason="invalid"}': once(1) },
  },
  RacewayDown: {
    minute: 5,
    fires: { 'up{job="raceway",instance="a"}': steady(0) },
    quiet: { 'up{job="raceway",instance="a"}': steady(1) },
  },
  RacewayStorageDown: {
    minute: 5,
    fires: { 'raceway_storage_up{instance="a"}': steady(0) },
    quiet: { 'raceway_storage_up{instance="a"}': steady(1) },
  },
  RacewayQueueFilling: {
    minute: 5,
    fires: {
      'raceway_queue_events{instance="a"}': steady(8001),
      'raceway_queue_capacity_events{instance="a"}': steady(10_000),
    },
    quiet: {
      'raceway_queue_events{instance="a"}': steady(7999),
      'raceway_queue_capacity_events{instance="a"}': steady(10_000),
    },
  },
  RacewayIngestRefused: {
    minute: 10,
    fires: { 'raceway_ingest_refused_total{instance="a",reason="overloaded"}': growing(1) },
    quiet: { 'raceway_ingest_refused_total{instance="a",reason="invalid"}': growing(1) },
  },
  RacewayServerErrors: {
    minute: 15,
    fires: { [requests(500)]: growing(2) },
    quiet: { [requests(499)]: growing(2) },
  },
  RacewayHeapFilling: {
    minute: 10,
    fires: {
      'raceway_process_heap_bytes{instance="a"}': steady(86),
      'raceway_process_heap_max_bytes{instance="a"}': steady(100),
    },
    quiet: {
      'raceway_process_heap_bytes{instance="a"}': steady(84),
      'raceway_process_heap_max_bytes{instance="a"}': steady(100),
    },
  },
  RacewayMemoryFilling: {
    minute: 10,
    fires: {
      'raceway_process_resident_bytes{instance="a"}': steady(96),
      'raceway_process_memory_limit_bytes{instance="a"}': steady(100),
    },
    quiet: {
      'raceway_process_resident_bytes{instance="a"}': steady(94),
      'raceway_process_memory_limit_bytes{instance="a"}': steady(100),
    },
  },
  RacewayAnalysesCut: {
    minute: 8,
    fires: { 'raceway_analysis_memory_truncations{instance="a"}': once(1) },
    quiet: { 'raceway_analysis_memory_truncations{instance="a"}': steady(9) },
  },
  RacewayFindingsBehind: {
    minute: 20,
    fires: { 'raceway_analysis_oldest_waiting_seconds{instance="a"}': steady(301) },
    quiet: { 'raceway_analysis_oldest_waiting_seconds{instance="a"}': steady(299) },
  },
  RacewayEvicting: {
    minute: 8,
    fires: { 'raceway_storage_evicted_traces_total{instance="a"}': once(1) },
    quiet: { 'raceway_storage_evicted_traces_total{instance="a"}': steady(9) },
  },
  RacewayRetentionFailing: {
    minute: 45,
    fires: { 'raceway_retention_failing{instance="a"}': steady(1) },
    // A round that failed once, and the next one that did not.
    quiet: { 'raceway_retention_failing{instance="a"}': '0x10 1x20 0x30' },
  },
  RacewayRetentionBehind: {
    minute: 45,
    fires: { 'raceway_retention_lag_seconds{instance="a"}': '4000+30x60' },
    // Far behind, since days were made fewer, and less so each minute.
    quiet: { 'raceway_retention_lag_seconds{instance="a"}': '90000-600x60' },
  },
  RacewaySealingWaiting: {
    minute: 45,
    fires: { 'raceway_sealing_waiting{instance="a"}': steady(1) },
    // Rounds that broke off while the database was away, and the next ones that did not.
    quiet: { 'raceway_sealing_waiting{instance="a"}': '0x10 1x20 0x30' },
  },
  RacewayAlertsFailing: {
    minute: 45,
    fires: { 'raceway_alert_failing{instance="a",alert="chat"}': steady(1) },
    // A receiver that was away for a while, and takes them again.
    quiet: { 'raceway_alert_failing{instance="a",alert="chat"}': '0x10 1x20 0x30' },
  },
  RacewayAuditLinesLost: {
    minute: 8,
    fires: { 'raceway_audit_backlog_bytes{instance="a"}': steady(300) },
    quiet: {
      'raceway_audit_backlog_bytes{instance="a"}': steady(0),
      'raceway_audit_lost_lines_total{instance="a"}': steady(9),
    },
  },
  RacewayCertificateExpires: {
    minute: 5,
    fires: { 'raceway_tls_certificate_expiry_timestamp_seconds{instance="a"}': ends(20) },
    quiet: { 'raceway_tls_certificate_expiry_timestamp_seconds{instance="a"}': ends(22) },
  },
  RacewayCertificateAboutToExpire: {
    minute: 5,
    fires: { 'raceway_tls_certificate_expiry_timestamp_seconds{instance="a"}': ends(6) },
    quiet: { 'raceway_tls_certificate_expiry_timestamp_seconds{instance="a"}': ends(8) },
  },
};

function promtool(...args: string[]): string {
  return execFileSync('promtool', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

const skip = unless('promtool');

test('promtool finds the rules and the configuration sound', { skip }, () => {
  assert.match(promtool('check', 'rules', rules), /SUCCESS: \d+ rules found/);
  promtool('check', 'config', '--syntax-only', configuration);
});

test('each alert fires for what it is meant for, and for nothing near it', { skip }, (t) => {
  const alerts = [...readFileSync(rules, 'utf8').matchAll(/- alert: (\w+)/g)].map(
    ([, name]) => name,
  );
  assert.deepEqual(Object.keys(cases).sort(), [...alerts].sort());
  const folder = mkdtempSync(join(tmpdir(), 'raceway-alerts-'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const step of new Set(Object.values(cases).map((item) => item.step ?? 1))) {
    const tests = Object.entries(cases)
      .filter(([, item]) => (item.step ?? 1) === step)
      .flatMap(([alert, { minute, fires, quiet }]) => [
        alertTest(alert, `${step}m`, minute, fires, [{ labels: '{}', value: 1 }]),
        alertTest(alert, `${step}m`, minute, quiet, []),
      ]);
    const file = join(folder, `${step}.yml`);
    const content = { rule_files: [rules], evaluation_interval: `${step}m`, tests };
    // JSON is YAML too.
    writeFileSync(file, JSON.stringify(content));
    assert.match(promtool('test', 'rules', file), /SUCCESS/);
  }
});

function alertTest(
  alert: string,
  interval: string,
  minute: number,
  series: Readonly<Record<string, string>>,
  expected: readonly object[],
) {
  const expr = `count(ALERTS{alertname="${alert}",alertstate="firing"})`;
  return {
    name: alert,
    interval,
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    promql_expr_test: [{ expr, eval_time: `${minute}m`, exp_samples: expected }],
  };
}
