import { plainText } from '../../report/plain-text.ts';
import { evidenceOf, placeText } from '../../report/words.ts';
import { type Alert, kindTitles } from '../alert.ts';
import { type Format, jsonPost } from './format.ts';

/** Nobody says that a race is over: an alert ends by itself after a day. */
const raceMs = 86_400_000;
/** A condition that goes on is told of once an hour, and a little later it is over. */
const conditionMs = 4_200_000;

/** Alerts for the API v2 of Alertmanager. Labels tell races apart; what may change is an annotation. */
export const alertmanager: Format = {
  alertsMax: 20,
  deliveries(alerts, { receiver, nowMs }) {
    const base = receiver.url.replace(/\/$/, '');
    const body = JSON.stringify(alerts.map((alert) => postableOf(alert, nowMs)));
    const headers = receiver.token === null ? {} : { authorization: `Bearer ${receiver.token}` };
    return [jsonPost(new URL(`${base}/api/v2/alerts`), body, headers)];
  },
};

function postableOf(alert: Alert, nowMs: number): object {
  const { url, told, atMs } = alert;
  const lastsMs = told === null ? conditionMs : raceMs;
  return {
    labels: labelsOf(alert),
    annotations: annotationsOf(alert),
    startsAt: new Date(atMs).toISOString(),
    endsAt: new Date(nowMs + lastsMs).toISOString(),
    ...(url === null ? {} : { generatorURL: url }),
  };
}

function labelsOf({ told, condition, severity }: Alert): Record<string, string> {
  if (told === null) {
    const name = condition ?? 'test';
    return { alertname: 'RacewayCondition', condition: name, severity };
  }
  const { race, services, environments } = told;
  return withoutEmpty({
    alertname: 'RacewayRace',
    fingerprint: race.fingerprint,
    severity,
    service: plainText(services.join(', ')),
    environment: plainText(environments.join(', ')),
  });
}

function annotationsOf({ kind, told, title, meaning }: Alert): Record<string, string> {
  const places = told?.race.places.map((place) => placeText(place)) ?? [];
  return withoutEmpty({
    summary: `${kindTitles[kind]}: ${title}`,
    description: meaning,
    evidence: told === null ? '' : evidenceOf(told.race),
    places: places.join(' against '),
  });
}

/** An empty label is none to Alertmanager. */
function withoutEmpty(texts: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== ''));
}
