import { plainText } from '../../report/plain-text.ts';
import { evidenceOf, patternTitleOf, placeText } from '../../report/words.ts';
import { type Alert, kindTitles } from '../alert.ts';
import { type Format, jsonPost } from './format.ts';

/** How a chat writes what is no prose of ours. */
interface Markup {
  bold(text: string): string;
  /** A name of a trace, which must not be markup, mention or link. */
  code(text: string): string;
  link(url: string, text: string): string;
}

/**
 * In Slack `&`, `<` and `>` are what makes mentions and links, in code too. Other markup, and the names
 * of addresses, mean nothing in code.
 */
const slackMarkup: Markup = {
  bold: (text) => `*${text}*`,
  code: (text) =>
    `\`${codeText(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')}\``,
  link: (url, text) => `<${url}|${text}>`,
};

/** Mattermost reads Markdown; in code there is none, and no mention. */
const mattermostMarkup: Markup = {
  bold: (text) => `**${text}**`,
  code: (text) => `\`${codeText(text)}\``,
  link: (url, text) => `[${text}](${url.replaceAll('(', '%28').replaceAll(')', '%29')})`,
};

/** Alerts for an incoming webhook of Slack. */
export const slack: Format = {
  alertsMax: 10,
  deliveries: (alerts, { receiver }) => {
    const message = {
      text: textOf(alerts, slackMarkup),
      link_names: false,
      unfurl_links: false,
      unfurl_media: false,
    };
    return [jsonPost(new URL(receiver.url), JSON.stringify(message))];
  },
};

/** Alerts for an incoming webhook of Mattermost. */
export const mattermost: Format = {
  alertsMax: 10,
  deliveries: (alerts, { receiver }) => {
    const message = { text: textOf(alerts, mattermostMarkup) };
    return [jsonPost(new URL(receiver.url), JSON.stringify(message))];
  },
};

function textOf(alerts: readonly Alert[], markup: Markup): string {
  return alerts.map((alert) => linesOf(alert, markup).join('\n')).join('\n\n');
}

function linesOf({ kind, told, title, meaning, url }: Alert, markup: Markup): string[] {
  const link = url === null ? [] : [markup.link(url, 'Open in Raceway')];
  const head = markup.bold(kindTitles[kind]);
  if (told === null) return [`${head}: ${title}`, meaning, ...link];
  const { race, environments } = told;
  const where = environments.length === 0 ? '' : ` in ${environments.map(markup.code).join(', ')}`;
  return [
    `${head}: ${markup.code(`${patternTitleOf(race)} of ${race.variable}`)} (${evidenceOf(race)})${where}`,
    ...race.places.map(
      (place, index) => `${index === 0 ? 'A' : 'B'}: ${markup.code(placeText(place))}`,
    ),
    meaning,
    ...link,
  ];
}

/** One plain line that does not end the code it stands in; a mention is none in any reader. */
function codeText(text: string): string {
  const plain = plainText(text).replaceAll('`', "'").replaceAll('@', '@\u200b');
  return plain.trim() === '' ? '(unknown)' : plain;
}
