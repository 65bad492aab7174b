import type { KeyReport } from '../../keys/key-report.ts';
import type { Instruments } from './instruments.ts';

export interface KeyMetrics {
  /** The keys as they are now. */
  showKeys(reports: readonly KeyReport[]): void;
}

const LABELS = ['key', 'id'];

/** Metrics of keys, under names that the configuration gives them. A removed key is gone from them. */
export function keyMetrics(instruments: Instruments): KeyMetrics {
  const requests = instruments.counter(
    'raceway_key_requests_total',
    'Requests with a key.',
    LABELS,
  );
  const networks = instruments.counter(
    'raceway_key_networks_total',
    'Networks (/16 of IPv4, /48 of IPv6) that a key was seen to be used from for the first time.',
    LABELS,
  );
  const lastUsed = instruments.gauge(
    'raceway_key_last_used_timestamp_seconds',
    'When a key was last used; NaN: never, as far as is known.',
    LABELS,
  );
  const created = instruments.gauge(
    'raceway_key_created_timestamp_seconds',
    'When a key was made, or first seen; NaN where nobody knows.',
    LABELS,
  );
  const expires = instruments.gauge(
    'raceway_key_expires_timestamp_seconds',
    'When a key ends; NaN: it does not.',
    LABELS,
  );
  const warned = instruments.gauge(
    'raceway_key_warnings',
    'What /status says against a key, counted.',
    LABELS,
  );
  return {
    showKeys(reports) {
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
    },
  };
}

function seconds(ms: number | null): number {
  return ms === null ? Number.NaN : ms / 1000;
}
