import type { Config } from '../config/schema.ts';
import { isLoopback } from '../config/values/network-address.ts';
import type { DatabaseFacts } from '../storage/postgres/schema/facts.ts';
import { pass, type Remark, remark } from './remark.ts';

type Connection = NonNullable<Config['storage']['postgres']['connection']>;

const grantsFix =
  'as the owner: raceway migrate --grants --apply, then connect as raceway_app with\n' +
  'storage.postgres.auto_migrate = false';

/** The lines of the checklist on the database. */
export function databaseRemarks(
  storage: Config['storage'],
  facts: DatabaseFacts | string | null,
): Remark[] {
  const { connection } = storage.postgres;
  if (connection === null) {
    const { directory } = storage.memory;
    if (directory !== undefined) {
      const kept = pass('Storage', `memory, kept in ${directory}`);
      return [kept, retentionRemark(storage.retention_days)];
    }
    const fix =
      'RACEWAY_STORAGE_MEMORY_DIRECTORY=/var/lib/raceway keeps them, or\n' +
      'RACEWAY_POSTGRES_CONNECTION=postgresql://…?sslmode=verify-full';
    return [remark('warn', 'Storage', 'memory: events are gone when the process ends', fix)];
  }
  return [
    ...tlsRemarks(connection, facts),
    ...rightsRemarks(facts),
    retentionRemark(storage.retention_days),
  ];
}

function retentionRemark(days: number | undefined): Remark {
  if (days !== undefined) return pass('Retention', `traces are erased after ${days} days`);
  return remark(
    'warn',
    'Retention',
    'events are kept until somebody deletes them',
    'decide how long you need them: storage.retention_days (docs/privacy.md)',
  );
}

function tlsRemarks(connection: Connection, facts: DatabaseFacts | string | null): Remark[] {
  const subject = 'Database TLS';
  const { sslMode } = connection;
  const hosts = [connection, ...(connection.otherHosts ?? [])].map(({ host }) => host);
  const detail = `sslmode=${sslMode}`;
  const fix = 'sslmode=verify-full&sslrootcert=FILE in the connection URL';
  if (hosts.every((host) => host.startsWith('/')))
    return [pass(subject, 'a socket of this machine')];
  const isUnseen = facts !== null && typeof facts !== 'string' && !facts.isEncrypted;
  if (sslMode === 'verify-full') return [pass(subject, detail)];
  if (sslMode === 'verify-ca') {
    return [remark('warn', subject, `${detail} does not look at the server's name`, fix)];
  }
  if (hosts.every((host) => host.startsWith('/') || isLoopback(host))) {
    return [pass(subject, `${detail}, and ${hosts.join(', ')} is this machine`)];
  }
  if (sslMode === 'require') {
    return [remark('warn', subject, `${detail} encrypts and verifies nothing`, fix)];
  }
  const now = isUnseen ? ', and this connection is plain text' : '';
  return [remark('fail', subject, `${detail} takes plain text${now}`, fix)];
}

function rightsRemarks(facts: DatabaseFacts | string | null): Remark[] {
  const subject = 'Database rights';
  if (facts === null) {
    return [remark('unknown', subject, 'the database was not asked', 'raceway check --production')];
  }
  if (typeof facts === 'string') {
    return [remark('fail', subject, facts, 'see docs/storage.md, then check again')];
  }
  const { user, missingRights } = facts;
  if (missingRights.length > 0) {
    const detail = `${user} lacks ${missingRights.join(', ')}`;
    return [remark('fail', subject, detail, grantsFix)];
  }
  if (facts.isSuperuser) {
    return [remark('fail', subject, `${user} is a superuser`, grantsFix)];
  }
  if (facts.mayChangeSchema) {
    return [remark('warn', subject, `${user} may change tables, not only rows`, grantsFix)];
  }
  return [pass(subject, `${user} reads and writes rows, and no more`)];
}
