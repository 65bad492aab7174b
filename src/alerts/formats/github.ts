import { proseText, raceMarkdown } from '../../report/markdown.ts';
import { evidenceOf } from '../../report/words.ts';
import { type Alert, kindTitles } from '../alert.ts';
import type { Delivery, DeliveryAnswer } from '../transport/pinned-request.ts';
import { type Envelope, type Format, jsonPost } from './format.ts';

/** An issue of a repository for each race; what comes later is a comment on it. */
export const github: Format = {
  alertsMax: 1,
  deliveries([alert], envelope) {
    if (alert === undefined) return [];
    const { reference } = alert;
    if (reference === null || !/^\d{1,12}$/.test(reference)) return [newIssue(alert, envelope)];
    const comment = request(`/issues/${reference}/comments`, { body: bodyOf(alert) }, envelope);
    if (alert.kind !== 'regressed') return [comment];
    const open = request(`/issues/${reference}`, { state: 'open' }, envelope);
    return [{ ...open, method: 'PATCH' }, comment];
  },
  referenceOf({ status, body }: DeliveryAnswer) {
    // Not parsed: the answer may have been cut, and the number of the issue stands before its body.
    const [, number] = /"number"\s*:\s*(\d{1,12})\b/.exec(body) ?? [];
    return status === 201 ? (number ?? null) : null;
  },
};

function newIssue(alert: Alert, envelope: Envelope): Delivery {
  const { labels } = envelope.receiver;
  const title = alert.title.replaceAll('@', '@\u200b');
  const fields = { title, body: bodyOf(alert), ...(labels.length === 0 ? {} : { labels }) };
  return request('/issues', fields, envelope);
}

function bodyOf({ told, kind, title, meaning, url }: Alert): string {
  const link = url === null ? [] : [`[Open in Raceway](${url})`];
  if (told === null) return [proseText(title), proseText(meaning), ...link].join('\n\n');
  return [
    `<!-- raceway:${told.race.fingerprint} -->`,
    `${kindTitles[kind]}: ${proseText(evidenceOf(told.race))}.`,
    raceMarkdown(told.race),
    ...link,
  ].join('\n\n');
}

function request(path: string, fields: object, { receiver, version }: Envelope): Delivery {
  const base = receiver.url.replace(/\/$/, '');
  const url = new URL(`${base}/repos/${receiver.repository}${path}`);
  return jsonPost(url, JSON.stringify(fields), {
    accept: 'application/vnd.github+json',
    authorization: `Bearer ${receiver.token}`,
    'user-agent': `raceway/${version}`,
    'x-github-api-version': '2022-11-28',
  });
}
