import { isIP } from 'node:net';
import { isHostName } from './network-address.ts';

/** Modes of libpq; `allow` is taken as `prefer`, which differs only in what it tries first. */
export type SslMode = 'disable' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';

/** One server of a connection URL. */
export interface PostgresHost {
  /** A name, an IP address, or the folder of a Unix socket (then it begins with a slash). */
  host: string;
  port: number;
}

/** A connection URL in plain fields, so that no second parser decides what they mean. */
export interface PostgresConnection extends PostgresHost {
  /** Further servers, tried in this order when one cannot be used; left out: none. */
  otherHosts?: readonly PostgresHost[];
  /** What a server must be, as Raceway writes; left out: `any`. */
  targetSessionAttrs?: TargetSessionAttrs;
  database: string;
  user: string;
  /** null: the URL has none. */
  password: string | null;
  /**
   * `disable`: plain text. `prefer`: encrypted if the server can, else plain text. `require`:
   * encrypted, nothing verified. `verify-ca`: the certificate too. `verify-full`: its name as well.
   */
  sslMode: SslMode;
  /** The file of the root certificates; null means the roots that come with Node. */
  sslRootCert: string | null;
  applicationName: string;
}

export type TargetSessionAttrs = 'any' | 'read-write' | 'primary';

/** The fields of a connection URL, or the reasons why it is none. No reason repeats a value. */
export type PostgresUrlResult =
  | { connection: PostgresConnection }
  | { faults: readonly [string, ...string[]] };

const defaultPort = 5432;
const sslModes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'];
const form = 'postgresql://user:password@host:5432/database';
const mustBeEncoded =
  'in a user name or password write / as %2F, ? as %3F, # as %23, @ as %40, % as %25';

/** Parameters we do not take although people have them, with what to do instead. */
const refusedParameters = new Map([
  ['ssl', 'write sslmode=require or sslmode=verify-full instead'],
  ['pgbouncer', 'leave it out: Raceway works through PgBouncer as it is'],
  ['connection_limit', 'set storage.postgres.max_connections instead'],
  ['pool_timeout', 'set storage.postgres.connection_timeout_seconds instead'],
  ['connect_timeout', 'set storage.postgres.connection_timeout_seconds instead'],
  ['options', 'leave it out: poolers refuse it; set such options on the role (ALTER ROLE … SET …)'],
  ['schema', 'leave it out: set the search_path of the role (ALTER ROLE … SET search_path = …)'],
  ['search_path', 'leave it out: set it on the role (ALTER ROLE … SET search_path = …)'],
  ['channel_binding', 'leave it out: it is not supported'],
  ['sslcert', 'leave it out: client certificates are not supported'],
  ['sslkey', 'leave it out: client certificates are not supported'],
  ['load_balance_hosts', 'leave it out: the hosts are tried in their order'],
  ['host', 'write the host behind the @; a socket folder as %2Fvar%2Frun%2Fpostgresql'],
  ['hostaddr', 'write the address behind the @'],
  ['port', 'write the port behind the host, as in host:5432'],
  ['user', 'write the user before the @'],
  ['password', 'write the password before the @, as in user:password@host'],
  ['dbname', 'write the database behind the host, as in host:5432/database'],
]);
const knownParameters = ['sslmode', 'sslrootcert', 'application_name', 'target_session_attrs'];
const targets = ['any', 'read-write', 'primary'];

/**
 * Reads a connection URL as libpq does (PostgreSQL manual, "Connection URIs" and "SSL Support"),
 * strictly: whatever we would not act upon is refused by name.
 */
export function parsePostgresUrl(text: string): PostgresUrlResult {
  const shapeFault = faultOfShape(text);
  if (shapeFault !== null) return { faults: [shapeFault] };
  const [, authority = '', databasePart = '', query = ''] =
    /^[a-z]+:\/\/([^/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?/i.exec(text) ?? [];
  const at = authority.lastIndexOf('@');
  const faults: string[] = [];
  const { user, password } = readUserInfo(authority.slice(0, Math.max(at, 0)), faults);
  const [firstHost = '', ...hosts] = authority.slice(at + 1).split(',');
  const server = readHost(firstHost, faults);
  const otherHosts = hosts.map((host) => readHost(host, faults));
  const database = decode(databasePart, 'the database name', faults) || user;
  if (database.includes('/')) faults.push('has a slash in the database name');
  const parameters = readParameters(query, faults);
  const areSockets = [server, ...otherHosts].every(({ host }) => host.startsWith('/'));
  const ssl = readSsl(parameters, areSockets, faults);
  const applicationName = parameters.get('application_name') ?? 'raceway';
  const target = readTarget(parameters, faults);
  const [first, ...others] = faults;
  if (first !== undefined) return { faults: [first, ...others] };
  const more = {
    ...(otherHosts.length === 0 ? {} : { otherHosts }),
    ...(target === 'any' ? {} : { targetSessionAttrs: target }),
    ...ssl,
    applicationName,
  };
  return { connection: { ...server, database, user, password, ...more } };
}

/** Faults that make it pointless to look at the parts. */
function faultOfShape(text: string): string | null {
  if (text.trim() === '') return 'is blank';
  if (/^jdbc:/i.test(text)) return `is a JDBC URL; write ${form}`;
  if (!/^postgres(?:ql)?:\/\//i.test(text)) {
    if (/^\s*[a-z_]+\s*=/i.test(text)) {
      return `is in the key=value form, which is not supported; write ${form}`;
    }
    return `does not begin with postgresql://; write ${form}`;
  }
  if (/^[a-z]+:\/\/\.*$/i.test(text))
    return `is a placeholder; put your own URL in its place: ${form}`;
  if (text.includes('[YOUR-PASSWORD]')) {
    return 'still has the placeholder [YOUR-PASSWORD]; put the database password in its place';
  }
  if (/[\s"'<>\\^`{|}]|\p{Cc}/u.test(text)) {
    return `has a space, quote, brace or other character that must be percent-encoded in a URL; ${mustBeEncoded}`;
  }
  const behindAuthority = text.replace(/^[a-z]+:\/\/[^/?#]*/i, '');
  if (behindAuthority.includes('@')) {
    return `has a raw / ? or # before an @: ${mustBeEncoded} (in a parameter, too, write @ as %40)`;
  }
  if (behindAuthority.includes('#')) return `has a raw #: ${mustBeEncoded}`;
  return null;
}

function readUserInfo(userInfo: string, faults: string[]) {
  const colon = userInfo.indexOf(':');
  const userPart = colon < 0 ? userInfo : userInfo.slice(0, colon);
  const user = decode(userPart, 'the user name', faults);
  if (user === '') faults.push(`has no user; write ${form}`);
  if (colon < 0) return { user, password: null };
  const password = decode(userInfo.slice(colon + 1), 'the password', faults);
  if (/^[\r\n]|[\r\n]$/.test(password)) {
    faults.push(
      'has a line break (%0A) at an end of the password; no password does: store it without',
    );
  }
  return { user, password };
}

function readHost(text: string, faults: string[]): PostgresHost {
  const [, bracketed, plain = '', portText = ''] =
    /^(?:\[([^\]]*)\]|([^:]*))(?::(.*))?$/.exec(text) ?? [];
  const host = bracketed ?? decode(plain, 'the host', faults);
  const good =
    bracketed === undefined ? isIP(host) === 4 || isHostName(host) : isIP(bracketed) === 6;
  if (host === '') faults.push(`has no host; write ${form}`);
  else if (!good && !host.startsWith('/')) {
    faults.push(
      'has a host that is neither a name nor an address (an IPv6 address needs brackets)',
    );
  }
  const port = portText === '' ? defaultPort : Number(portText);
  if (!/^\d*$/.test(portText) || port < 1 || port > 65_535) {
    faults.push(`has a port that is no number from 1 to 65535; ${mustBeEncoded}`);
  }
  return { host, port };
}

function readParameters(query: string, faults: string[]): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const part of query.split('&').filter((piece) => piece !== '')) {
    const [name = '', ...rest] = part.split('=');
    if (parameters.has(name)) faults.push(`has the parameter ${name} twice`);
    else if (knownParameters.includes(name)) {
      parameters.set(name, decode(rest.join('='), `the parameter ${name}`, faults));
    } else faults.push(unknownParameter(name));
  }
  return parameters;
}

function unknownParameter(name: string): string {
  const advice = refusedParameters.get(name);
  if (advice !== undefined) return `has the parameter ${name}: ${advice}`;
  const shown = /^[a-z_]{1,40}$/i.test(name)
    ? `the unknown parameter ${name}`
    : 'an unknown parameter';
  return `has ${shown}; known are ${knownParameters.join(', ')}`;
}

function readTarget(parameters: Map<string, string>, faults: string[]): TargetSessionAttrs {
  const written = parameters.get('target_session_attrs') ?? 'any';
  if (!targets.includes(written)) {
    faults.push(
      `has a target_session_attrs other than ${targets.join(', ')}: Raceway needs a server that takes writes`,
    );
  }
  return written as TargetSessionAttrs;
}

/** libpq: `require` with a root certificate verifies it, `system` asks for verify-full. */
function readSsl(parameters: Map<string, string>, socket: boolean, faults: string[]) {
  const system = parameters.get('sslrootcert') === 'system';
  const sslRootCert = system ? null : (parameters.get('sslrootcert') ?? null);
  if (sslRootCert === '') faults.push('has an empty sslrootcert; name a file or write system');
  const written = parameters.get('sslmode');
  if (written !== undefined && !sslModes.includes(written)) {
    faults.push(`has an unknown sslmode; known are ${sslModes.join(', ')}`);
  }
  if (system && written !== undefined && written !== 'verify-full') {
    faults.push('has sslrootcert=system with a weaker sslmode than verify-full');
  }
  if (socket) return { sslMode: 'disable' as const, sslRootCert: null };
  const mode = written ?? (system ? 'verify-full' : 'prefer');
  return { sslMode: effectiveMode(mode, sslRootCert !== null), sslRootCert };
}

function effectiveMode(mode: string, hasRoot: boolean): SslMode {
  if (mode === 'disable' || mode === 'verify-ca' || mode === 'verify-full') return mode;
  if (mode === 'require') return hasRoot ? 'verify-ca' : 'require';
  return 'prefer';
}

function decode(text: string, what: string, faults: string[]): string {
  try {
    const decoded = decodeURIComponent(text);
    if (decoded.includes('\0')) faults.push(`has a NUL character in ${what}`);
    return decoded;
  } catch {
    faults.push(`has a % in ${what} that is not followed by two digits; write a % as %25`);
    return '';
  }
}
