import { z } from 'zod';
import { type AlertType, alertTypes } from '../../domain/alert-type.ts';
import { type Evidence, evidenceLevels } from '../../domain/findings/finding.ts';
import { limits } from '../../domain/limits.ts';
import { member, type Reading } from './named-key.ts';
import type { TextFile } from './text-file.ts';

/** What somebody may be told of. */
export const alertSubjects = ['new', 'regressed', 'escalated', 'conditions'] as const;
/** One of {@link alertSubjects}. */
export type AlertSubject = (typeof alertSubjects)[number];

/** A name is a label of metrics, part of log lines, and what a storage knows a receiver by. */
const nameShape = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,47}$/;
const repositoryShape = /^[A-Za-z0-9][A-Za-z0-9-]{0,38}\/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/;
/** What a header can carry. */
const tokenShape = /^[\x21-\x7e]{1,4096}$/;
const intervalSecondsByDefault = 10;
const intervalSecondsMax = 86_400;
const gitHubApi = 'https://api.github.com';

/** One `[[alerts]]` table. Every message is whole and repeats no value. */
export const alertSchema = z.strictObject({
  name: member(readName),
  type: member(readType),
  url: member(readText).optional(),
  url_file: member(readText).optional(),
  secret: member(readText).optional(),
  secret_file: member(readText).optional(),
  token: member(readText).optional(),
  token_file: member(readText).optional(),
  repository: member(readRepository).optional(),
  labels: member(readNames).optional(),
  on: member(readSubjects).optional(),
  evidence: member(readEvidence).optional(),
  services: member(readNames).optional(),
  min_interval_seconds: member(readSeconds).optional(),
});

/** A table as it is written. */
export type WrittenAlert = z.output<typeof alertSchema>;

/** A receiver of alerts, with its secrets. */
export interface AlertReceiver {
  readonly name: string;
  readonly type: AlertType;
  /** Of a chat a secret: whoever knows it may write there. */
  readonly url: string;
  /** Signs what is sent; null: nothing does. */
  readonly secret: string | null;
  /** Is sent as a bearer token; null: none is. */
  readonly token: string | null;
  /** Where issues are made; null elsewhere. */
  readonly repository: string | null;
  /** Labels of these issues. */
  readonly labels: readonly string[];
  readonly on: readonly AlertSubject[];
  /** The weakest evidence that is told of. */
  readonly evidence: Evidence;
  /** Races of one of these alone; null: of all. */
  readonly services: readonly string[] | null;
  /** The least time between two messages. */
  readonly minIntervalSeconds: number;
  /** Files that its secrets were read from. */
  readonly secretFiles: readonly string[];
}

/** What a table may hold beside what each may, by its type; the first are needed. */
const membersOf: Readonly<Record<AlertType, { needs: Member[]; may: Member[] }>> = {
  webhook: { needs: ['url'], may: ['secret'] },
  slack: { needs: ['url'], may: [] },
  mattermost: { needs: ['url'], may: [] },
  alertmanager: { needs: ['url'], may: ['token'] },
  github: { needs: ['repository', 'token'], may: ['url', 'labels'] },
};
const particular = ['url', 'secret', 'token', 'repository', 'labels'] as const;
type Member = (typeof particular)[number];

/** What is wrong with a table; `item` counts from 1. */
export interface AlertFault {
  readonly item: number;
  readonly reason: string;
}

/** The receivers of the configuration, with what their files hold. */
export function readReceivers(
  written: readonly WrittenAlert[],
  readFile: (path: string) => TextFile,
): { receivers: AlertReceiver[]; faults: AlertFault[] } {
  const receivers: AlertReceiver[] = [];
  const faults: AlertFault[] = [];
  for (const [index, alert] of written.entries()) {
    const reasons = faultsBetween(alert);
    if (written.findIndex(({ name }) => name === alert.name) !== index) {
      reasons.push(`has the name of another, ${alert.name}; names tell receivers apart`);
    }
    const secretOf = (name: 'url' | 'secret' | 'token') => {
      const found = readSecret(alert, name, readFile);
      if ('value' in found) return found.value;
      reasons.push(found.fault);
      return null;
    };
    const url = secretOf('url') ?? (alert.type === 'github' ? gitHubApi : '');
    if (url !== '') reasons.push(...[urlFault(url) ?? []].flat());
    const [secret, token] = [secretOf('secret'), secretOf('token')];
    if (token !== null && !tokenShape.test(token)) {
      reasons.push('token has characters that no token has, such as blanks');
    }
    faults.push(...reasons.map((reason) => ({ item: index + 1, reason })));
    const { name, type, repository = null, labels = [], services = null } = alert;
    const { min_interval_seconds: minIntervalSeconds = intervalSecondsByDefault } = alert;
    const { evidence = 'E2' } = alert;
    const on = alert.on ?? alertSubjects.filter((one) => type !== 'github' || one !== 'conditions');
    const files = [alert.url_file, alert.secret_file, alert.token_file];
    const secretFiles = files.filter((path) => path !== undefined);
    const told = { on, evidence, services, minIntervalSeconds, secretFiles };
    receivers.push({ name, type, url, secret, token, repository, labels, ...told });
  }
  return { receivers, faults };
}

function faultsBetween(alert: WrittenAlert): string[] {
  const { type } = alert;
  const { needs, may } = membersOf[type];
  const has = (name: Member) => {
    const inFile = name === 'repository' || name === 'labels' ? undefined : alert[`${name}_file`];
    return alert[name] !== undefined || inFile !== undefined;
  };
  const missing = needs.filter((name) => !has(name));
  const idle = particular.filter((name) => ![...needs, ...may].includes(name) && has(name));
  return [
    ...missing.map((name) => `lacks ${nameOf(name)}, which type = "${type}" needs`),
    ...idle.map((name) => `has ${name}, which type = "${type}" has no use for`),
    ...(type === 'github' && alert.on?.includes('conditions')
      ? ['on: conditions of the server are no issues of a repository; leave them out']
      : []),
  ];
}

function nameOf(name: Member): string {
  return name === 'repository' || name === 'labels' ? name : `${name} or ${name}_file`;
}

function readSecret(
  alert: WrittenAlert,
  name: 'url' | 'secret' | 'token',
  readFile: (path: string) => TextFile,
): { value: string | null } | { fault: string } {
  const path = alert[`${name}_file`];
  const text = alert[name];
  if (path === undefined) return { value: text ?? null };
  if (text !== undefined) return { fault: `has both ${name} and ${name}_file; remove one of them` };
  const file = readFile(path);
  if ('fault' in file) return { fault: `${name}_file names a file that ${file.fault}` };
  const value = file.text.trim();
  return value === '' ? { fault: `${name}_file names a file that is empty` } : { value };
}

/** Why a text is no URL to send to; null: it is one. */
function urlFault(text: string): string | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    return 'url must begin with https:// or http://';
  }
  if (url.username !== '' || url.password !== '') {
    return 'url must hold no user and no password; of an Alertmanager, token is sent';
  }
  return url.hash === '' ? null : 'url must be without #';
}

function readName(value: unknown): Reading<string> {
  const isName = typeof value === 'string' && nameShape.test(value);
  const fault =
    'must be a text of up to 48 letters, digits, dots, dashes and underscores, such as "chat"';
  return isName ? { value } : { fault };
}

function readType(value: unknown): Reading<AlertType> {
  const type = alertTypes.find((one) => one === value);
  return type === undefined
    ? { fault: `must be one of ${alertTypes.join(', ')}` }
    : { value: type };
}

function readText(value: unknown): Reading<string> {
  const isText = typeof value === 'string' && value.trim() !== '' && value.length <= 4096;
  return isText ? { value: value.trim() } : { fault: 'must be a text that is not blank' };
}

function readRepository(value: unknown): Reading<string> {
  const isRepository = typeof value === 'string' && repositoryShape.test(value);
  return isRepository ? { value } : { fault: 'must be a repository such as "company/shop"' };
}

function readNames(value: unknown): Reading<string[]> {
  const isName = (item: unknown) =>
    typeof item === 'string' && item !== '' && item.length <= limits.nameCharacters;
  const isList = Array.isArray(value) && value.length > 0 && value.every(isName);
  return isList ? { value } : { fault: 'must be a list of one or more names' };
}

function readSubjects(value: unknown): Reading<AlertSubject[]> {
  const fault = `must be a list of one or more of ${alertSubjects.join(', ')}`;
  if (!Array.isArray(value) || value.length === 0) return { fault };
  const known = alertSubjects.filter((one) => value.includes(one));
  return known.length === new Set(value).size ? { value: known } : { fault };
}

function readEvidence(value: unknown): Reading<Evidence> {
  // What is only possible has not happened: nobody is called for it.
  const level = evidenceLevels.find((one) => one === value && one !== 'E0');
  return level === undefined ? { fault: 'must be one of E1, E2, E3, E4' } : { value: level };
}

function readSeconds(value: unknown): Reading<number> {
  const isGood =
    Number.isInteger(value) && Number(value) >= 1 && Number(value) <= intervalSecondsMax;
  return isGood
    ? { value: Number(value) }
    : { fault: `must be a whole number from 1 to ${intervalSecondsMax}` };
}
