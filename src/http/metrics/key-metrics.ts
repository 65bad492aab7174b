import { Counter, Gauge, type Registry } from 'prom-client';
import type { KeyReport } from '../../keys/key-report.ts';

/** Metrics of keys, under names that the configuration gives them. A removed key is gone from them. */
export function keyMetrics(registers: Registry[]): (reports: readonly KeyReport[]) => void {
  const labelNames = ['key', 'id'];
  const counter = (name: string, help: string) =>
    new Counter({ name, help, labelNames, registers });
  const gauge = (name: string, help: string) => new Gauge({ name, help, labelNames, registers });
  const requests = counter('raceway_key_requests_total', 'Requests with a key.');
  const networks = counter(
    'raceway_key_networks_total',
    'Networks (/16 of IPv4, /48 of IPv6) that a key was seen to be used from for the first time.',
  );
  const lastUsed = gauge(
    'raceway_key_last_used_timestamp_seconds',
    'When a key was last used; NaN: never, as far as is known.',
  );
  const created = gauge(
    'raceway_key_created_timestamp_seconds',
    'When a key was made, or first seen; NaN where nobody knows.',
  );
  const expires = gauge(
    'raceway_key_expires_timestamp_seconds',
    'When a key ends; NaN: it does not.',
  );
  const warned = gauge('raceway_key_warnings', 'What /status says against a key, counted.');
  return (reports) => {
    for (const metric of [requests, networks, lastUsed, created, expires, warned]) metric.reset();
    for (const { key, use, warnings } of reports) {
      const labels = { key: key.name, id: key.id };
      requests.inc(labels, use.requests);
      networks.inc(labels, use.networks);
      lastUsed.set(labels, seconds(use.lastUsedAtMs));
      created.set(labels, seconds(key.createdAtMs ?? use.firstSeenAtMs));
      expires.set(labels, seconds(key.expiresAtMs));
      warned.set(labels, warnings.length);
    }
  };
}

function seconds(ms: number | null): number {
  return ms === null ? Number.NaN : ms / 1000;
}
