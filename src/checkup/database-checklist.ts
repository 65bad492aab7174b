import type { Config } from '../config/schema.ts';
import { isLoopback } from '../config/values/network-address.ts';
import type { DatabaseFacts, ReplicaFacts } from '../storage/postgres/schema/facts.ts';
import { pass, type Remark, remark } from './remark.ts';

type Connection = NonNullable<Config['storage']['postgres']['connection']>;

const grantsFix =
  'as the owner: raceway migrate --grants --apply, then connect as raceway_app with\n' +
  'storage.postgres.auto_migrate = false';

/** What was heard of a database, or why it did not answer; null: nobody asked it. */
export type Heard<Facts> = Facts | string | null;

/** The lines of the checklist on the database and its replica. */
export function databaseRemarks(
  storage: Config['storage'],
  facts: Heard<DatabaseFacts>,
  replicaFacts: Heard<ReplicaFacts>,
): Remark[] {
  const { connection, read_connection: replica } = storage.postgres;
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
    ...tlsRemarks('Database TLS', connection, facts),
    ...rightsRemarks(facts),
    ...(replica === null ? [] : replicaRemarks(replica, replicaFacts)),
    retentionRemark(storage.retention_days),
    ...sealingRemarks(storage.postgres.seal_after_minutes, facts),
  ];
}

/** Nothing is said where nothing is to be sealed, or the database was not asked. */
function sealingRemarks(afterMinutes: number, facts: Heard<DatabaseFacts>): Remark[] {
  if (afterMinutes === 0 || facts === null || typeof facts === 'string') return [];
  if (facts.maySeal) return [pass('Sealing', `traces are sealed after ${afterMinutes} minutes`)];
  const detail = `${facts.user} may not delete events, so that nothing is sealed`;
  const fix = `as the owner: GRANT DELETE ON events TO ${facts.user}`;
  return [remark('warn', 'Sealing', detail, fix)];
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

function tlsRemarks(
  subject: string,
  connection: Connection,
  facts: Heard<DatabaseFacts>,
): Remark[] {
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

function rightsRemarks(facts: Heard<DatabaseFacts>): Remark[] {
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

/** A replica that cannot be read is no failure: the database answers in its place. */
function replicaRemarks(replica: Connection, facts: Heard<ReplicaFacts>): Remark[] {
  const subject = 'Replica';
  const tls = tlsRemarks('Replica TLS', replica, null);
  if (facts === null) {
    const ask = 'raceway check --production';
    return [...tls, remark('unknown', subject, 'it was not asked', ask)];
  }
  if (typeof facts === 'string') {
    const fix =
      'until then the database answers readers itself: storage.postgres.read_connection must lead to\n' +
      'a streaming replica of storage.postgres.connection_string (docs/scaling.md)';
    return [...tls, remark('warn', subject, facts, fix)];
  }
  const { bytesBehind, missingRights } = facts;
  if (missingRights.length > 0) {
    const fix = 'give its user the rights on the database; the replica has them from there';
    return [...tls, remark('warn', subject, `its user lacks ${missingRights.join(', ')}`, fix)];
  }
  return [...tls, pass(subject, `follows the database, ${bytesBehind} bytes of the log behind`)];
}
