import type { Config } from '../config/schema.ts';
import { isLoopback } from '../config/values/network-address.ts';
import { configuredKeys } from '../keys/access-key.ts';
import { keyAgeDaysMax } from '../keys/key-report.ts';
import type { DatabaseFacts, ReplicaFacts } from '../storage/postgres/schema/facts.ts';
import { databaseRemarks, type Heard } from './database-checklist.ts';
import type { FileFacts } from './file-facts.ts';
import { pass, type Remark, remark } from './remark.ts';
import { expiryRemark } from './tls-probe.ts';

/** What the checklist knows beside the configuration. */
export interface Circumstances {
  readonly nowMs: number;
  /** The user that runs this; null where there are no such numbers. */
  readonly uid: number | null;
  readonly files: readonly FileFacts[];
  /** Keys whose secret itself is written in the TOML file. */
  readonly plainSecrets: readonly string[];
  /** When the certificate of `server.tls` ends; null without one. */
  readonly certificateExpiresAtMs: number | null;
  readonly database: Heard<DatabaseFacts>;
  readonly replica: Heard<ReplicaFacts>;
}

const dayMs = 86_400_000;
/** What an idle SDK process may send in a minute. */
const idleRequestsPerMinute = 60;

/** The guide's checklist for a deployment, line by line, as far as it can be seen from inside. */
export function checklist(config: Config, circumstances: Circumstances): Remark[] {
  const { server } = config;
  return [
    authRemark(server),
    ...httpsRemarks(server, circumstances),
    ...corsRemarks(config),
    bindRemark(server),
    hostsRemark(server),
    rateRemark(server),
    ...keyRemarks(server, circumstances),
    ...alertRemarks(config),
    secretsRemark(circumstances),
    ...circumstances.files.map(fileRemark),
    userRemark(circumstances.uid),
    remark(
      'outside',
      'Firewall',
      'not seen from here',
      `from another machine this must fail: curl -m 5 http://THIS-HOST:${server.port}/health`,
    ),
    ...databaseRemarks(config.storage, circumstances.database, circumstances.replica),
  ];
}

function authRemark(server: Config['server']): Remark {
  const subject = 'API keys';
  if (server.auth_enabled) return pass(subject, 'asked for');
  const fix =
    'raceway keygen, then RACEWAY_API_KEYS=\'["KEY"]\' and RACEWAY_SERVER_AUTH_ENABLED=true';
  return remark('fail', subject, 'not asked for: the server is open', fix);
}

function httpsRemarks(server: Config['server'], { certificateExpiresAtMs, nowMs }: Circumstances) {
  if (certificateExpiresAtMs !== null) {
    return [
      pass('HTTPS', 'spoken by Raceway itself (server.tls)'),
      expiryRemark(certificateExpiresAtMs, nowMs),
    ];
  }
  const fix =
    'put a proxy in front (deploy/nginx, deploy/caddy), then: raceway doctor https://HOST';
  const detail = `plain HTTP on ${server.host}; a proxy is not seen from here`;
  return [remark('outside', 'HTTPS', detail, fix)];
}

function corsRemarks({ server, development }: Config): Remark[] {
  const subject = 'CORS';
  const fix =
    'name the origins of your own pages: server.cors_origins = ["https://app.company.com"]';
  if (development.cors_allow_all) {
    return [remark('fail', subject, 'development.cors_allow_all lets every web page in', fix)];
  }
  if (!server.cors_enabled || server.cors_origins.length === 0) {
    return [pass(subject, 'no page of another origin is let in')];
  }
  return server.cors_origins.map((origin) => {
    if (origin === '*') return remark('fail', subject, '"*" lets every web page in', fix);
    const { protocol, hostname } = new URL(origin);
    if (isLoopback(hostname)) {
      return remark('warn', subject, `${origin} is for development`, 'remove it in production');
    }
    if (protocol === 'http:') {
      const encrypted = 'serve the page by https, and write its origin so';
      return remark(
        'warn',
        subject,
        `${origin} is a page that anybody on the way changes`,
        encrypted,
      );
    }
    return pass(subject, `${origin} is let in`);
  });
}

function bindRemark({ host }: Config['server']): Remark {
  const subject = 'Bind address';
  if (isLoopback(host)) return pass(subject, `${host}, this machine only`);
  const fix =
    'server.host = "127.0.0.1" behind a proxy on this machine. In a container it must be 0.0.0.0:\n' +
    'publish the port on loopback (deploy/docker/run.sh) or shut it by a policy (deploy/kubernetes)';
  return remark('warn', subject, `${host} is reached from other machines`, fix);
}

/** Without a key only the name that a request asks for tells our pages from a stranger's. */
function hostsRemark(server: Config['server']): Remark {
  const subject = 'Host names';
  if (server.auth_enabled) return pass(subject, 'any, as a key is asked for');
  const { public_url: publicUrl, allowed_hosts: allowed } = server;
  const names = [...(publicUrl === undefined ? [] : [new URL(publicUrl).hostname]), ...allowed];
  if (names.length > 0) return pass(subject, `addresses, localhost, ${names.join(', ')}`);
  if (isLoopback(server.host)) return pass(subject, 'addresses and localhost');
  const fix =
    'server.public_url = "https://raceway.company.com", or server.allowed_hosts = ["raceway.internal"]';
  return remark('warn', subject, 'clients that use a name are answered 421', fix);
}

function rateRemark({
  rate_limit_enabled: isLimited,
  rate_limit_rpm: rpm,
}: Config['server']): Remark {
  const subject = 'Rate limit';
  if (!isLimited) {
    const fix = 'server.rate_limit_enabled = true, or a limit in the proxy (deploy/nginx)';
    return remark('warn', subject, 'off', fix);
  }
  const processes = Math.floor(rpm / idleRequestsPerMinute);
  const detail = `${rpm} requests a minute, enough for ${processes} idle SDK processes`;
  if (processes > 0) return pass(subject, detail);
  return remark(
    'warn',
    subject,
    detail,
    'server.rate_limit_rpm = 60 × number of SDK processes, or more',
  );
}

function keyRemarks(server: Config['server'], { nowMs, database }: Circumstances): Remark[] {
  const firstSeen = typeof database === 'object' ? database?.firstSeenAtMs : undefined;
  return configuredKeys(server).flatMap((key) => {
    const { weakness, digest } = key;
    const subject = `Key ${key.name}`;
    const strength =
      weakness === null
        ? []
        : [remark(isGuessable(weakness) ? 'fail' : 'warn', subject, weakness, newKey)];
    const bornAtMs = key.createdAtMs ?? firstSeen?.get(digest.toString('hex'));
    if (bornAtMs !== undefined) return [...strength, ageRemark(subject, bornAtMs, nowMs)];
    const fix =
      '[[server.keys]] have a date (raceway keygen --name NAME --scopes SCOPES); of a plain key the\n' +
      'database knows when it was first seen: raceway check --production';
    return [...strength, remark('unknown', subject, 'its age is not known', fix)];
  });
}

const newKey = 'make a new one (raceway keygen), give it to the clients, then remove this one';

function isGuessable(weakness: string): boolean {
  return weakness.includes('can be guessed');
}

function ageRemark(subject: string, bornAtMs: number, nowMs: number): Remark {
  const days = Math.floor((nowMs - bornAtMs) / dayMs);
  const detail = `${days} days old`;
  return days < keyAgeDaysMax ? pass(subject, detail) : remark('warn', subject, detail, newKey);
}

function alertRemarks({ alerts, server }: Config): Remark[] {
  return alerts.map(({ name, type, url }) => {
    const subject = `Alerts ${name}`;
    const { protocol, hostname } = new URL(url);
    if (protocol === 'http:' && !isLoopback(hostname)) {
      const fix = 'write a url that begins with https://';
      return remark('warn', subject, `${type}, over plain HTTP: others on the way read it`, fix);
    }
    if (server.public_url === undefined) {
      const fix = 'server.public_url = "https://raceway.company.com"';
      return remark('warn', subject, `${type}, without links to the web UI`, fix);
    }
    return pass(subject, `${type}; try it: raceway alert test ${name}`);
  });
}

function secretsRemark({ plainSecrets }: Circumstances): Remark {
  const subject = 'Secrets';
  if (plainSecrets.length === 0) return pass(subject, 'none is written in the configuration file');
  const fix =
    'move them out: RACEWAY_API_KEYS or RACEWAY_API_KEYS_FILE, RACEWAY_POSTGRES_CONNECTION or\n' +
    'RACEWAY_POSTGRES_CONNECTION_FILE, or $' +
    '{NAME} in the file';
  return remark('warn', subject, `in the configuration file: ${plainSecrets.join(', ')}`, fix);
}

/** 640 for configuration, 600 for secrets; a group may read a secret where root owns the file. */
function fileRemark({ path, isSecret, mode, isReadOnly }: FileFacts): Remark {
  const [wanted, forbidden, grave] = isSecret ? ['600', 0o077, 0o037] : ['640', 0o027, 0o027];
  const subject = `File ${path}`;
  const detail = `mode ${mode.toString(8).padStart(3, '0')}`;
  if ((mode & forbidden) === 0) return pass(subject, detail);
  const asked = `${detail}, should be ${wanted}`;
  if (isReadOnly) {
    const fix =
      'set it where the file is mounted from: defaultMode 0440 and fsGroup (deploy/kubernetes)';
    return remark('warn', subject, `${asked}, on a read-only mount`, fix);
  }
  return remark((mode & grave) === 0 ? 'warn' : 'fail', subject, asked, `chmod ${wanted} ${path}`);
}

function userRemark(uid: number | null): Remark {
  const subject = 'User';
  if (uid === null)
    return remark('unknown', subject, 'no user numbers here', 'run as an ordinary user');
  if (uid !== 0) return pass(subject, `${uid}, not root`);
  const fix =
    'run as an ordinary user: deploy/systemd/raceway.service, USER in the Dockerfile, runAsUser';
  return remark('fail', subject, 'root', fix);
}
