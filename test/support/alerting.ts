import type { TestContext } from 'node:test';
import { Alerter, type AlertSettings } from '../../src/alerts/alerter.ts';
import { Conditions } from '../../src/alerts/conditions.ts';
import type { Pace } from '../../src/alerts/pace.ts';
import type { AlertReceiver } from '../../src/config/values/alert.ts';
import type { Evidence } from '../../src/domain/findings/finding.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { finding, site, stored, subject } from '../storage/derived/records.ts';
import type { TestReceiver } from './receiver.ts';

/** Nothing is waited for. */
export const atOnce: Pace = { stepMs: 1000, retryMs: () => 0, intervalMs: () => 0, outageMs: 0 };

/** Stores a race of a variable, with so much evidence. */
export async function race(
  storage: Storage,
  variable: string,
  evidence: Evidence,
  service = 'web',
) {
  const sites = [site({ service }), site({ service, location: 'b.ts:2' })] as const;
  const about = subject(variable, 'shared', sites);
  const traces = [`${variable} one`, `${variable} two`];
  const found = finding(about, traces, { evidence, overlappingPairs: 1 });
  await stored(storage, { [traces[0] ?? '']: { findings: [found] }, [traces[1] ?? '']: {} });
  return about.fingerprint.slice(0, 16);
}

/** A process that tells of races. */
export interface Instance {
  readonly alerter: Alerter;
  readonly conditions: Conditions;
  readonly logged: [message: string, details: object][];
}

/** One that looks at a storage and tells these. */
export function instance(
  t: TestContext,
  storage: Pick<Storage, 'alerts' | 'derived'>,
  receivers: readonly AlertReceiver[],
  settings: Partial<AlertSettings> = {},
): Instance {
  const conditions = new Conditions();
  const logged: Instance['logged'] = [];
  const note = (details: object, message: string) => logged.push([message, details]);
  const alerter = new Alerter(
    {
      receivers,
      privateHosts: ['127.0.0.1'],
      publicUrl: 'https://raceway.test',
      version: '0.0.0',
      pace: atOnce,
      ...settings,
    },
    storage,
    conditions,
    { info: note, warn: note, error: note },
  );
  t.after(() => alerter.close());
  return { alerter, conditions, logged };
}

/** What a receiver was told: kind and variable or condition of each alert, message by message. */
export function told({ requests }: TestReceiver): string[][] {
  return requests.map(({ body }) =>
    JSON.parse(body).alerts.map(
      (alert: { kind: string; race: { variable: string } | null; condition: string | null }) =>
        `${alert.kind} ${alert.race?.variable ?? alert.condition}`,
    ),
  );
}
