import type { Fault, Note } from './fault.ts';
import { refusedKeys } from './refused-keys.ts';
import { keys } from './schema.ts';
import { nearest } from './spelling.ts';
import type { Key } from './values/key.ts';
import type { TextFile } from './values/text-file.ts';

/** Environment variables as a value; `process.env` is one. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A value for one key, and who gave it. */
export interface Setting {
  readonly key: Key;
  readonly value: unknown;
  readonly source: string;
}

export interface EnvironmentReading {
  readonly settings: Setting[];
  readonly faults: Fault[];
  readonly notes: Note[];
}

/** Reads a file that a variable names. */
export type ReadFile = (path: string) => TextFile;

const prefix = 'RACEWAY_';
/** Names of the seed beside those that follow from the path. */
const aliases: Readonly<Record<string, string>> = {
  'server.api_keys': 'RACEWAY_API_KEYS',
  'storage.postgres.connection_string': 'RACEWAY_POSTGRES_CONNECTION',
  'storage.postgres.read_connection': 'RACEWAY_POSTGRES_READ_CONNECTION',
};
/** Variables that are read elsewhere: the file's name here, the key of our SDKs and clients. */
const otherVariables = ['RACEWAY_CONFIG', 'RACEWAY_API_KEY', 'RACEWAY_KEY'];
/** What a secret manager prints when it has nothing; never meant as a value. */
const nothing = /^(?:|none|null|undefined|\[\s*\])$/i;
/** What Kubernetes and Docker set for a service or link called `raceway-server`. */
const serviceLink = /^(?:tcp|udp|sctp):\/\//;
const serviceLinkName =
  /_SERVICE_HOST$|_SERVICE_PORT(?:_\w+)?$|_PORT_\d+_(?:TCP|UDP|SCTP)(?:_\w+)?$/;
/** Unknown variables named in one line; a cluster can have thousands. */
const unknownListed = 10;

/** The variable that follows from a key's path: `server.port` is RACEWAY_SERVER_PORT. */
export function variableOf(key: { readonly name: string }): string {
  return prefix + key.name.toUpperCase().replaceAll('.', '_');
}

/** Every variable that gives a key its value: the path's name, then the seed's and its file. */
export function variablesOf(key: Key): string[] {
  const alias = aliases[key.name];
  return alias === undefined ? [variableOf(key)] : [variableOf(key), alias, `${alias}_FILE`];
}

/**
 * Whether a variable names a file with the value, rather than being it: only those of secrets do, and
 * not every variable that ends so (RACEWAY_AUDIT_FILE is the value of audit.file).
 */
export function isFileVariable(variable: string): boolean {
  return Object.values(aliases).some((alias) => variable === `${alias}_FILE`);
}

/** Whether a variable that is set holds nothing: what an unlucky `export X=$(…)` leaves behind. */
export function isNothing(text: string): boolean {
  return text.trim() === '' || nothing.test(text.trim());
}

/** Reads every variable of ours. Unknown ones are noted and never a fault. */
export function readEnvironment(environment: Environment, readFile: ReadFile): EnvironmentReading {
  const reading: EnvironmentReading = { settings: [], faults: [], notes: [] };
  for (const key of keys) readKey(key, environment, readFile, reading);
  for (const [name, reason] of refusedKeys) {
    const variable = variableOf({ name });
    if (environment[variable] !== undefined) {
      reading.faults.push({ source: variable, key: name, reason });
    }
  }
  reading.notes.push(...notesOnUnknown(environment));
  return reading;
}

function readKey(
  key: Key,
  environment: Environment,
  readFile: ReadFile,
  { settings, faults, notes }: EnvironmentReading,
): void {
  const found: Setting[] = [];
  for (const variable of variablesOf(key)) {
    const raw = environment[variable];
    if (raw === undefined) continue;
    if (variable === 'RACEWAY_SERVER_PORT' && serviceLink.test(raw)) {
      notes.push({ level: 'warn', text: serviceLinkNote });
      continue;
    }
    const result = readVariable(key, variable, raw, readFile);
    if ('fault' in result) faults.push({ source: variable, key: key.name, reason: result.fault });
    else found.push({ key, value: result.value, source: variable });
  }
  const [first, ...others] = found;
  if (first === undefined) return;
  settings.push(first);
  for (const other of others) {
    if (JSON.stringify(other.value) === JSON.stringify(first.value)) continue;
    const reason = `and ${other.source} are both set and differ; remove one of them`;
    faults.push({ source: first.source, key: '', reason });
  }
}

const serviceLinkNote =
  'RACEWAY_SERVER_PORT holds an address that Kubernetes or Docker sets for a service called ' +
  'raceway-server, not a port; it is ignored. Set enableServiceLinks: false, or rename the service.';

type Value = { value: unknown } | { fault: string };

function readVariable(key: Key, variable: string, raw: string, readFile: ReadFile): Value {
  if (!isFileVariable(variable)) return readText(key, raw);
  if (isNothing(raw)) return { fault: 'is set but empty; name a file or unset it' };
  const file = readFile(raw);
  return 'fault' in file ? { fault: `names a file that ${file.fault}` } : readText(key, file.text);
}

function readText(key: Key, raw: string): Value {
  const text = withoutQuotes(raw.trim());
  if (isNothing(text)) {
    return {
      fault: 'is set but holds nothing (empty, None, null or []); give it a value or unset it',
    };
  }
  if (key.kind === 'tables') return readTables(text);
  if (key.kind === 'list') return readList(text, raw.trim());
  if (key.kind === 'number') return readNumber(key, text);
  if (key.kind === 'flag') return readFlag(text);
  return { value: text };
}

/** `docker --env-file` and `kubectl --from-env-file` keep the quotes of a .env file. */
function withoutQuotes(text: string): string {
  return /^(["'])(.*)\1$/s.exec(text)?.[2]?.trim() ?? text;
}

const notTexts = 'must be a JSON array of texts, as in ["…", "…"]';

function readList(text: string, raw: string): Value {
  const fault = {
    fault:
      'looks like a JSON array but is none. `export $(cat .env | xargs)` cuts an array at its ' +
      'spaces and removes its quotes; load the file with `set -a; . ./.env; set +a`. ' +
      '`docker --env-file` keeps quotes: write ["…", "…"] on one line without quotes around it',
  };
  if (text.startsWith('{')) return { fault: `${notTexts}, not a JSON object` };
  if (!text.startsWith('[')) {
    const quoted = raw !== text && text.includes(raw.charAt(0));
    if (quoted || /^["'[]|["'\]]$/.test(text)) return fault;
    // A file has a secret on each line; no item of any list holds a line end.
    return { value: text.split(/\s*(?:,|[\r\n])\s*/) };
  }
  try {
    const value: unknown = JSON.parse(text);
    if (!Array.isArray(value) || value.some((item) => typeof item !== 'string')) {
      return { fault: notTexts };
    }
    return { value };
  } catch {
    return fault;
  }
}

function readTables(text: string): Value {
  const fault = { fault: 'must be a JSON array of objects, one for each table of the file' };
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? { value } : fault;
  } catch {
    return fault;
  }
}

function readNumber(key: Key, text: string): Value {
  if (/^-?\d{1,15}$/.test(text)) return { value: Number(text) };
  return { fault: `must be ${key.expects}, not ${shown(text)}` };
}

function readFlag(text: string): Value {
  if (/^(?:true|1)$/i.test(text)) return { value: true };
  if (/^(?:false|0)$/i.test(text)) return { value: false };
  return { fault: `must be true or false, not ${shown(text)}` };
}

function shown(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}

/** One line, because a cluster sets such variables without anybody's doing. */
function notesOnUnknown(environment: Environment): Note[] {
  const known = new Set([...keys.flatMap(variablesOf), ...otherVariables]);
  for (const name of refusedKeys.keys()) known.add(variableOf({ name }));
  const unknown = Object.keys(environment)
    .filter((name) => name.startsWith(prefix) && environment[name] !== undefined)
    .filter((name) => !known.has(name) && !name.startsWith(`${prefix}TEST_`))
    .sort();
  if (unknown.length === 0) return [];
  const named = unknown
    .slice(0, unknownListed)
    .map((name) => name + suggestion(name, environment[name] ?? ''));
  if (unknown.length > unknownListed) named.push(`and ${unknown.length - unknownListed} more`);
  return [{ level: 'info', text: `Variables that mean nothing to Raceway: ${named.join(', ')}.` }];
}

function suggestion(name: string, value: string): string {
  if (serviceLinkName.test(name) || serviceLink.test(value)) return '';
  const known = keys.flatMap(variablesOf);
  const tail = name.slice(prefix.length - 1);
  const near = known.find((variable) => variable.endsWith(tail)) ?? nearest(name, known);
  return near === null ? '' : ` (did you mean ${near}?)`;
}
