import { createHash } from 'node:crypto';
import { dealMemory } from '../memory/memory-shares.ts';
import { type CertificateFiles, noteOnExpiry, readCertificate } from './certificate.ts';
import type { Fault, Note } from './fault.ts';
import { notesOnShares } from './memory-notes.ts';
import type { Settings } from './schema.ts';
import { readReceivers } from './values/alert.ts';
import { exclusionFaults } from './values/exclusion-rule.ts';
import { findingFaults } from './values/finding-rule.ts';
import { namedKeyFaults } from './values/named-key.ts';
import { type PostgresConnection, parsePostgresUrl } from './values/postgres-url.ts';
import { proxySignInFaults } from './values/proxy-group.ts';
import type { TextFile } from './values/text-file.ts';

/** What is known of the settings beside their values. */
export interface Given {
  /** Key to where its value comes from, or `default`. */
  readonly sources: ReadonlyMap<string, string>;
  /** Keys with a fault; what depends on one of them is not judged. */
  readonly faulty: ReadonlySet<string>;
  readonly readFile: (path: string) => TextFile;
  /** What the container or machine lets the process take. */
  readonly availableBytes: number;
}

/** The configuration before it is frozen; `Config` says what it means. */
export type Decided = ReturnType<typeof decide>['config'];

const connectionKey = 'storage.postgres.connection_string';
const readConnectionKey = 'storage.postgres.read_connection';

/** Decides what may be left unset, and finds what is wrong between keys that are right alone. */
export function decide(settings: Settings, given: Given) {
  const { server, storage, audit, alerts, ...others } = settings;
  const { ui } = settings;
  const faults: Fault[] = [];
  const notes: Note[] = [];
  const fault = (key: string, reason: string) => {
    faults.push({ source: given.sources.get(key) ?? 'default', key, reason });
  };

  const hasKeys = server.api_keys.length + server.keys.length > 0;
  const hasProxySignIn = ui.auth_proxy_header !== undefined;
  const authEnabled = server.auth_enabled ?? (hasKeys || hasProxySignIn);
  const keysFaulty = given.faulty.has('server.api_keys') || given.faulty.has('server.keys');
  if (!given.faulty.has('ui.auth_proxy_groups')) {
    for (const { key, reason } of proxySignInFaults(ui)) fault(key, reason);
  }
  if (authEnabled && !hasKeys && !hasProxySignIn && !keysFaulty) {
    fault(
      'server.auth_enabled',
      'is true, but there is no key: set RACEWAY_API_KEYS, server.api_keys or server.keys ' +
        '(`raceway keygen` makes a key)',
    );
  }
  const plainHashes = server.api_keys.map((key) => createHash('sha256').update(key).digest('hex'));
  for (const { item, reason } of namedKeyFaults(server.keys, plainHashes, Date.now())) {
    fault('server.keys', `item ${item} ${reason}`);
  }
  for (const { item, reason } of exclusionFaults(settings.analysis.exclude)) {
    fault('analysis.exclude', `item ${item} ${reason}`);
  }
  for (const { key, reason } of findingFaults(settings.findings)) fault(key, reason);
  if (server.cors_origins.includes('*') && server.cors_origins.length > 1) {
    fault('server.cors_origins', 'has "*" beside other origins; write "*" alone, or the others');
  }

  const { receivers, faults: alertFaults } = readReceivers(alerts, given.readFile);
  for (const { item, reason } of alertFaults) fault('alerts', `item ${item}: ${reason}`);

  notes.push(...checkTls(server.tls, given, fault));

  const {
    connection_string: connectionString,
    read_connection: replicaString,
    ...pool
  } = storage.postgres;
  const read = readConnection(connectionString, connectionKey, given, fault);
  const replica = readConnection(replicaString, readConnectionKey, given, fault);
  const wanted = storage.backend ?? (connectionString === undefined ? 'memory' : 'postgres');
  const backend = wanted === 'memory' ? ('memory' as const) : ('postgres' as const);
  if (
    backend === 'postgres' &&
    connectionString === undefined &&
    !given.faulty.has(connectionKey)
  ) {
    fault(
      'storage.backend',
      `is ${wanted}, but there is no connection string: set RACEWAY_POSTGRES_CONNECTION or ` +
        connectionKey,
    );
  }
  if (backend === 'memory' && connectionString !== undefined) notes.push(unusedConnection);
  if (backend === 'memory' && replicaString !== undefined) notes.push(unusedReplica);
  if (backend === 'postgres' && storage.memory.directory !== undefined) notes.push(unusedDirectory);
  const poolLimits = readPoolLimits(pool, given, fault);

  const connection = backend === 'postgres' ? read : null;
  const read_connection = backend === 'postgres' ? replica : null;
  const memory = dealMemory({
    processBytes: Math.min(given.availableBytes, server.memory_limit_bytes ?? Infinity),
    bodyBytesMax: server.max_body_bytes,
    ...(backend === 'memory' ? { storedBytes: storage.memory.max_bytes ?? null } : {}),
  });
  notes.push(...notesOnShares(memory, storage.memory.max_bytes, server.max_body_bytes));
  const config = {
    ...others,
    alerts: receivers,
    server: { ...server, auth_enabled: authEnabled },
    audit: { ...audit, enabled: audit.enabled ?? audit.file !== undefined },
    memory,
    storage: {
      ...storage,
      backend,
      memory: { ...storage.memory, max_bytes: memory.storedBytes },
      postgres: { ...pool, ...poolLimits, connection, read_connection },
    },
  };
  return { config, faults, notes };
}

const unusedConnection: Note = {
  level: 'warn',
  text:
    'storage.backend is memory, so the Postgres connection string is not used: events live in ' +
    'this process.',
};

const unusedReplica: Note = {
  level: 'warn',
  text: 'storage.backend is memory, so storage.postgres.read_connection is not used.',
};

const unusedDirectory: Note = {
  level: 'warn',
  text: 'storage.backend is postgres, so storage.memory.directory is not used.',
};

type AddFault = (key: string, reason: string) => void;

/** The files are read here only to be checked; the server reads them again. */
function checkTls(
  tls: { cert?: string | undefined; key?: string | undefined },
  given: Given,
  fault: AddFault,
): Note[] {
  const files = certificateFiles(tls);
  if (files === null) {
    for (const [name, other] of [
      ['cert', 'key'],
      ['key', 'cert'],
    ] as const) {
      if (tls[name] === undefined || given.faulty.has(`server.tls.${other}`)) continue;
      fault(`server.tls.${name}`, `is set without server.tls.${other}; HTTPS needs both`);
    }
    return [];
  }
  const reading = readCertificate(files, given.readFile);
  if ('fault' in reading) {
    fault(`server.tls.${reading.file}`, reading.fault);
    return [];
  }
  const note = noteOnExpiry(reading.certificate.expiresAtMs, Date.now());
  return note === null ? [] : [note];
}

/** The files of `server.tls`; null when the server speaks plain HTTP. */
export function certificateFiles(tls: {
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}): CertificateFiles | null {
  const { cert, key } = tls;
  return cert === undefined || key === undefined ? null : { cert, key };
}

function readConnection(
  text: string | undefined,
  key: string,
  given: Given,
  fault: AddFault,
): PostgresConnection | null {
  if (text === undefined) return null;
  const result = parsePostgresUrl(text);
  if ('faults' in result) {
    for (const reason of result.faults) fault(key, reason);
    return null;
  }
  const { sslRootCert } = result.connection;
  const file = sslRootCert === null ? { text: '' } : given.readFile(sslRootCert);
  if ('fault' in file) fault(key, `has an sslrootcert, a file that ${file.fault}`);
  return result.connection;
}

/** The least number is bounded by the greatest, unless somebody asked for more. */
function readPoolLimits(
  {
    min_connections: min,
    max_connections: max,
  }: { min_connections: number; max_connections: number },
  given: Given,
  fault: AddFault,
) {
  const key = 'storage.postgres.min_connections';
  if (min > max && given.sources.get(key) !== 'default' && !given.faulty.has(key)) {
    fault(key, `is ${min}, more than storage.postgres.max_connections, which is ${max}`);
  }
  return { min_connections: Math.min(min, max) };
}
