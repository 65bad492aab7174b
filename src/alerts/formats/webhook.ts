import { createHmac } from 'node:crypto';
import { plainText } from '../../report/plain-text.ts';
import type { Place } from '../../report/race.ts';
import { remediesOf } from '../../report/words.ts';
import type { Alert, ToldRace } from '../alert.ts';
import { type Envelope, type Format, jsonPost } from './format.ts';

/** Alerts as JSON of our own form: docs/alerts.schema.json. */
export const webhook: Format = {
  alertsMax: 20,
  deliveries(alerts, envelope) {
    const { receiver, version } = envelope;
    const body = JSON.stringify(documentOf(alerts, envelope));
    const headers = { 'user-agent': `raceway/${version}`, ...signature(body, envelope) };
    return [jsonPost(new URL(receiver.url), body, headers)];
  },
};

/** Who has the secret can tell that we wrote this, and when. */
function signature(body: string, { receiver, nowMs }: Envelope): Record<string, string> {
  if (receiver.secret === null) return {};
  const seconds = Math.floor(nowMs / 1000);
  const hmac = createHmac('sha256', receiver.secret).update(`${seconds}.${body}`).digest('hex');
  return { 'x-raceway-signature': `t=${seconds},v1=${hmac}` };
}

function documentOf(alerts: readonly Alert[], { publicUrl, nowMs, receiver }: Envelope): object {
  return {
    version: 1,
    receiver: receiver.name,
    server: publicUrl,
    sent_at: new Date(nowMs).toISOString(),
    alerts: alerts.map((alert) => ({
      id: alert.id,
      kind: alert.kind,
      at: new Date(alert.atMs).toISOString(),
      severity: alert.severity,
      title: alert.title,
      meaning: alert.meaning,
      url: alert.url,
      condition: alert.condition,
      race: alert.told === null ? null : raceOf(alert.told),
    })),
  };
}

function raceOf({ race, services, environments }: ToldRace): object {
  return {
    fingerprint: race.fingerprint,
    pattern: race.pattern,
    evidence: race.evidence,
    variable: plainText(race.variable),
    services: services.map((name) => plainText(name)),
    environments: environments.map((name) => plainText(name)),
    places: race.places.map(placeOf),
    count: race.count,
    first_seen: race.firstSeen,
    last_seen: race.lastSeen,
    first_release: plainText(race.firstRelease),
    last_release: plainText(race.lastRelease),
    remedies: remediesOf(race),
  };
}

function placeOf(place: Place): object {
  const nameOf = (text: string | null) => (text === null ? null : plainText(text));
  return {
    service: nameOf(place.service),
    operation: nameOf(place.operation),
    function: nameOf(place.function),
    location: nameOf(place.location),
    access_type: place.accessType,
    locks: place.locks.map((name) => plainText(name)),
  };
}
