import { z } from 'zod';
import { redactionPathFault } from '../domain/event/redaction-path.ts';
import type { StorageBackend } from '../domain/storage-backend.ts';
import type { MemoryShares } from '../memory/memory-shares.ts';
import type { AlertReceiver } from './values/alert.ts';
import { alerting, alerts } from './values/alert-keys.ts';
import { apiKeyFault } from './values/api-key.ts';
import { exclusionRules } from './values/exclusion-rule.ts';
import { findingKeys } from './values/finding-rule.ts';
import {
  flag,
  keysOf,
  list,
  optionalFile,
  optionalFlag,
  optionalSecret,
  optionalText,
  optionalWholeNumber,
  table,
  tables,
  text,
  wholeNumber,
  word,
} from './values/key.ts';
import { namedKeySchema } from './values/named-key.ts';
import { addressRangeFault, allowedHostFault, hostFault } from './values/network-address.ts';
import { originFault } from './values/origin.ts';
import type { PostgresConnection } from './values/postgres-url.ts';
import { proxyGroupSchema } from './values/proxy-group.ts';
import { publicUrlFault } from './values/public-url.ts';
import { storage } from './values/storage-keys.ts';

const mebibyte = 1024 * 1024;

const server = table({
  host: text(
    '127.0.0.1',
    hostFault,
    'Address to listen on. `127.0.0.1` is this machine only, behind a reverse proxy; `0.0.0.0` is every IPv4 address.',
  ),
  port: wholeNumber({ min: 1, max: 65_535, byDefault: 8080 }, 'Port to listen on.'),
  public_url: optionalText(
    { fault: publicUrlFault, unset: 'not known', example: '"https://raceway.company.com"' },
    'The URL at which people and services reach this server, with the path prefix of a proxy if there is one. A server without keys answers to the name in it.',
  ),
  allowed_hosts: list(
    {
      byDefault: [],
      fault: allowedHostFault,
      expects: 'a list of host names such as ["raceway.internal"]',
    },
    'Further names that a server without keys answers to; every other name is answered 421, so that no web page reads it by a name that leads here (DNS rebinding). Addresses and `localhost` always do.',
  ),
  verbose: flag(false, 'Log every request, list and health requests included.'),
  cors_enabled: flag(true, 'Answer browsers of other origins at all.'),
  cors_origins: list(
    {
      byDefault: [],
      fault: originFault,
      expects: 'a list of origins such as ["https://app.company.com"]',
    },
    'Web origins whose pages may call the API: scheme://host[:port]. `["*"]` lets every page in; use it for development only.',
  ),
  rate_limit_enabled: flag(false, 'Limit the requests of all clients together.'),
  rate_limit_rpm: wholeNumber(
    { min: 1, max: 10_000_000, byDefault: 1000 },
    'Requests per minute, for the whole server. An idle SDK process sends up to 60.',
  ),
  key_events_per_minute: optionalWholeNumber(
    { min: 1, max: 1_000_000_000_000, unset: 'no budget', example: '60_000' },
    'Events a minute that requests with one key may store; beyond it they are answered 429 with its name.',
  ),
  key_bytes_per_minute: optionalWholeNumber(
    { min: 1, max: 1_000_000_000_000, unset: 'no budget', example: '100_000_000' },
    'Bytes of events a minute, after decompression, that requests with one key may store.',
  ),
  service_events_per_minute: optionalWholeNumber(
    { min: 1, max: 1_000_000_000_000, unset: 'no budget', example: '60_000' },
    'Events a minute that one service may store; beyond it requests with events of it are answered 429 with its name.',
  ),
  service_bytes_per_minute: optionalWholeNumber(
    { min: 1, max: 1_000_000_000_000, unset: 'no budget', example: '100_000_000' },
    'Bytes of events a minute, after decompression, that one service may store.',
  ),
  auth_enabled: optionalFlag(
    'on if there are keys, or people sign in by a proxy',
    'Ask every request for an API key, except `/health` and `/ready`.',
  ),
  api_keys: list(
    {
      byDefault: [],
      fault: apiKeyFault,
      expects: 'a list of API keys such as ["…", "…"]',
      secret: true,
    },
    'Keys that let a client in. Make one with `raceway keygen`; better kept in RACEWAY_API_KEYS than in a file.',
  ),
  keys: tables(
    namedKeySchema,
    { expects: 'tables, each [[server.keys]] with name, hash and scopes' },
    'Keys with a name, scopes and an end, of which the server knows only the hash. Write a table `[[server.keys]]` for each; `raceway keygen --name NAME --scopes SCOPES` prints it. See docs/keys.md.',
  ),
  trusted_proxies: list(
    {
      byDefault: ['127.0.0.0/8', '::1/128'],
      fault: addressRangeFault,
      expects: 'a list of addresses or ranges such as ["10.0.0.0/8"]',
    },
    'Proxies whose `X-Forwarded-For` header is believed: addresses or CIDR ranges.',
  ),
  max_body_bytes: wholeNumber(
    { min: 1024, max: 256 * mebibyte, byDefault: 16 * mebibyte },
    'Largest request body, in bytes after decompression.',
  ),
  memory_limit_bytes: optionalWholeNumber(
    {
      min: 256 * mebibyte,
      max: 1024 * 1024 * mebibyte,
      unset: 'what the container or machine has',
      example: '2_147_483_648',
    },
    'Memory that the whole process may take, in bytes, where that is less than the container or machine has. Events, analyses, bodies and replies get their shares of it. See docs/storage.md.',
  ),
  keep_alive_seconds: wholeNumber(
    { min: 1, max: 3600, byDefault: 130 },
    'How long a connection stays open between two requests, in seconds. Longer than the idle time of every proxy in front (nginx 60, Traefik 90, Caddy 120; Google’s balancers 600), so that none sends on a connection that is just being closed.',
  ),
  shutdown_delay_seconds: wholeNumber(
    { min: 0, max: 300, byDefault: 0 },
    'How long a server that is told to stop goes on as ever, while `/ready` already answers 503, in seconds. Load balancers need it to send nobody any more; 5 suits Kubernetes.',
  ),
  tls: table({
    cert: optionalFile(
      { unset: 'plain HTTP', example: '"/etc/raceway/tls/fullchain.pem"' },
      'File of the certificate in PEM form, followed by those that lead to its root. With it and `key` the server speaks HTTPS itself, TLS 1.2 and 1.3. Read again when the file changes, and on SIGHUP.',
    ),
    key: optionalFile(
      { unset: 'plain HTTP', example: '"/etc/raceway/tls/privkey.pem"' },
      'File of its private key in PEM form, without a passphrase.',
    ),
  }),
});

const ui = table({
  enabled: flag(true, 'Serve the web UI at `/`. Its files hold no data and need no key.'),
  session_secret: optionalSecret(
    {
      expects: 'a text of 32 characters or more',
      unset: 'made at each start, so that people sign in anew after a restart',
      example: '"$' + '{RACEWAY_SESSION_SECRET}"',
      fault: sessionSecretFault,
    },
    'Seals the session cookies of browsers. Give all instances behind one load balancer the same, as from `openssl rand -hex 32`.',
  ),
  auth_proxy_header: optionalText(
    { fault: headerFault, unset: 'nobody signs in by a proxy', example: '"X-Forwarded-User"' },
    'Header in which a proxy of `server.trusted_proxies` names the person it has signed in. From any other peer it is ignored. See docs/sign-in.md.',
  ),
  auth_proxy_groups_header: optionalText(
    { fault: headerFault, unset: 'no groups', example: '"X-Forwarded-Groups"' },
    'Header in which that proxy names the groups of the person, with commas between them.',
  ),
  auth_proxy_groups: tables(
    proxyGroupSchema,
    {
      expects: 'tables, each [[ui.auth_proxy_groups]] with name and scopes',
      unset: 'nobody may do anything',
      example: '[{ name = "*", scopes = ["read"] }]',
    },
    'What each group may do. Write a table `[[ui.auth_proxy_groups]]` with `name` and `scopes` for each; the name `*` stands for everybody who is signed in.',
  ),
});

const sessionSecretCharactersMin = 32;

function sessionSecretFault(text: string): string | null {
  return text.length >= sessionSecretCharactersMin
    ? null
    : `is shorter than ${sessionSecretCharactersMin} characters; make one with \`openssl rand -hex 32\``;
}

const otlp = table({
  http_port: optionalWholeNumber(
    { min: 1, max: 65_535, unset: 'no port of its own', example: '4318' },
    'A further port for OTLP over HTTP, which the port of the server takes too. Exporters look at 4318 by default.',
  ),
  grpc_port: optionalWholeNumber(
    { min: 1, max: 65_535, unset: 'no OTLP over gRPC', example: '4317' },
    'Port for OTLP over gRPC. Exporters look at 4317 by default. With `server.tls` it speaks TLS, and takes a new certificate with the next start.',
  ),
});

const privacy = table({
  redact_headers: list(
    {
      byDefault: ['authorization', 'cookie', 'set-cookie', 'x-api-key', 'x-raceway-key'],
      fault: headerFault,
      expects: 'a list of header names such as ["authorization"]',
    },
    'HTTP headers of traced requests and responses whose values are replaced by `[redacted]` before anything is stored; in any case.',
  ),
  redact_tags: list(
    { byDefault: [], fault: blankFault, expects: 'a list of tag keys such as ["user_email"]' },
    'Tags whose values are replaced by `[redacted]` before anything is stored.',
  ),
  redact_paths: list(
    {
      byDefault: [],
      fault: redactionPathFault,
      expects: 'a list of paths such as ["kind.HttpRequest.body.password"]',
    },
    'Places in events whose values are replaced by `[redacted]` before anything is stored: steps separated by dots, `*` for any member or item, double quotes around a name with dots.',
  ),
});

/** Why a text is no header name; null when it is one. */
function headerFault(text: string): string | null {
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(text) ? null : 'is no name of an HTTP header';
}

function blankFault(text: string): string | null {
  return text.trim() === '' ? 'is blank' : null;
}

const engine = table({
  buffer_size: wholeNumber(
    { min: 1, max: 10_000_000, byDefault: 10_000 },
    'Events that may wait to be stored; beyond it clients are answered 503 and send again.',
  ),
  batch_size: wholeNumber(
    { min: 1, max: 1_000_000, byDefault: 1000 },
    'Events stored in one transaction (at least one whole request).',
  ),
  flush_interval_ms: wholeNumber(
    { min: 0, max: 60_000, byDefault: 0 },
    'How long an idle writer waits for more events, in milliseconds. 0 stores at once; batches form by themselves under load.',
  ),
});

const mcp = table({
  enabled: flag(
    false,
    'Answer assistants at `/mcp`, by the Model Context Protocol; they need a key with the scope `read`. Needs the package `@modelcontextprotocol/sdk`. See docs/assistants.md.',
  ),
});

const audit = table({
  enabled: optionalFlag(
    'on if there is a file',
    'Write a line for each access that is not public: who, what, which trace, from where, and how it ended. See docs/audit.md.',
  ),
  file: optionalFile(
    { unset: 'standard output, beside the log', example: '"/var/log/raceway/audit.log"' },
    'File for these lines, one of its own for each instance. If it cannot be written, the server does not start.',
  ),
  on_failure: word(
    ['continue', 'refuse'],
    'continue',
    'What happens while lines cannot be written later on: `continue` keeps up to 8 MiB of them, then counts those that are lost; `refuse` answers 503 to every request that needs a line.',
  ),
});

const logging = table({
  level: word(['trace', 'debug', 'info', 'warn', 'error'], 'info', 'Least level that is logged.'),
  include_modules: flag(false, 'Name the part of the server in each log line, as `module`.'),
});

/**
 * The one description of the configuration: keys, checks, defaults and the words of the
 * documentation. Variable names, `raceway.toml.example` and `docs/configuration.md` follow from it.
 */
export const settingsSchema = z.strictObject({
  server,
  otlp,
  ui,
  storage,
  privacy,
  engine,
  race_detection: table({ enabled: flag(true, 'Look for races.') }),
  anomaly_detection: table({
    enabled: flag(true, 'Learn how long operations take, and flag what is unusually slow or fast.'),
  }),
  analysis: table({ exclude: exclusionRules }),
  findings: table(findingKeys),
  distributed_tracing: table({ enabled: flag(true, 'Join the spans of several services.') }),
  mcp,
  alerting,
  audit,
  logging,
  development: table({
    cors_allow_all: flag(false, 'Let every web page call the API, whatever cors_origins says.'),
  }),
  alerts,
});

/** The settings as written, defaults filled in. */
export type Settings = z.output<typeof settingsSchema>;

/** Every key of the configuration, in the order of the documentation. */
export const keys = keysOf(settingsSchema);

/**
 * What the server runs on: the settings with everything decided that may be left unset. Names are
 * those of the file, so that a key has one name everywhere. Frozen, to the last item.
 */
export type Config = DeepReadonly<
  Omit<Settings, 'server' | 'storage' | 'audit' | 'alerts'> & {
    /** With their secrets. */
    alerts: AlertReceiver[];
    /** Who may have how much memory. */
    memory: MemoryShares;
    audit: Omit<Settings['audit'], 'enabled'> & { enabled: boolean };
    server: Omit<Settings['server'], 'auth_enabled'> & { auth_enabled: boolean };
    storage: {
      backend: StorageBackend;
      retention_days?: Settings['storage']['retention_days'];
      retention_grace_hours: Settings['storage']['retention_grace_hours'];
      memory: { max_bytes: number; directory?: string | undefined };
      postgres: Omit<Settings['storage']['postgres'], 'connection_string' | 'read_connection'> & {
        /** Set when `backend` is `postgres`. */
        connection: PostgresConnection | null;
        /** A replica of it that is read; null: there is none. */
        read_connection: PostgresConnection | null;
      };
    };
  }
>;

export type DeepReadonly<T> = T extends object
  ? { readonly [Member in keyof T]: DeepReadonly<T[Member]> }
  : T;
