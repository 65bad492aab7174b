import { RacewayError } from '../../domain/errors.ts';
import { parseTimestamp } from '../../domain/timestamp.ts';
import type { Command } from '../context.ts';
import { serverOf } from '../server-client.ts';
import { analysisMsMax, conclude, evidenceRead } from './conclude.ts';
import { gateOptions, gateSettings } from './gate-settings.ts';
import { readRaces } from './race-list.ts';

/** `raceway gate --server URL` */
export const gateCommand: Command = {
  name: 'gate',
  summary: 'fail a build for the races that a running server has seen',
  description:
    'Waits until the server has analysed what it stored, and prints the races that happened at or\n' +
    'after --since: a time, or 90m, 12h, 7d ago (default: all). Exit code 3 when one at or above\n' +
    '--fail-on is not in the baseline; 1 when the analysis did not end. The key is better given in\n' +
    'RACEWAY_API_KEY than on the command line; it needs the scope read.',
  options: ['server', 'key', 'ca', 'since', ...gateOptions],
  async run(values, context) {
    const server = serverOf(values, context);
    const settings = gateSettings(values, context);
    const sinceNs = values.since === undefined ? null : sinceOf(values.since, Date.now());
    const list = await readRaces(server, evidenceRead(settings.failOn), analysisMsMax);
    const races = list.races.filter(({ lastSeen }) => {
      const lastNs = lastSeen === null ? null : parseTimestamp(lastSeen);
      // When nobody knows when, it may have been just now.
      return sinceNs === null || lastNs === null || lastNs >= sinceNs;
    });
    return conclude({ ...list, races }, settings, context);
  },
};

const unitSeconds: Readonly<Record<string, bigint>> = { m: 60n, h: 3600n, d: 86_400n, w: 604_800n };

function sinceOf(text: string, nowMs: number): bigint {
  const [, count, unit = ''] = /^(\d{1,6})([mhdw])$/.exec(text) ?? [];
  const seconds = unitSeconds[unit];
  if (count !== undefined && seconds !== undefined) {
    return BigInt(nowMs) * 1_000_000n - BigInt(count) * seconds * 1_000_000_000n;
  }
  const atNs = parseTimestamp(text);
  if (atNs !== null) return atNs;
  const message = '--since must be a time as in 2026-01-31T00:00:00Z, or 90m, 12h, 7d, 4w ago';
  throw new RacewayError('bad_request', message);
}
