import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { describeConfig, maskedConnection } from '../../src/config/describe.ts';
import { parsePostgresUrl } from '../../src/config/values/postgres-url.ts';
import { faultLines, load } from '../support/config.ts';

const placeholder = 'is a placeholder; put your own URL in its place';
const encoded = 'write / as %2F, ? as %3F, # as %23';

/** Each URL has the password `canary`, whole or cut by the character that makes it a fault. */
const faults: readonly (readonly [url: string, ...reasons: string[]])[] = [
  ['postgresql://...', placeholder],
  ['jdbc:postgresql://h/d?password=canary', 'is a JDBC URL'],
  ['host=h password=canary', 'is in the key=value form'],
  ['mysql://u:canary@h/d', 'does not begin with postgresql://'],
  ['canary', 'does not begin with postgresql://'],
  ['postgresql://u:canary/x@h/d', encoded],
  ['postgresql://u:canary?x@h/d', encoded],
  ['postgresql://u:canary#x@h/d', encoded],
  ['postgresql://u:canary%x@h/d', 'has a % in the password that is not followed by two digits'],
  ['postgresql://u:canary x@h/d', 'must be percent-encoded'],
  ['postgresql://u:canary%00@h/d', 'has a NUL character in the password'],
  ['postgresql://u:canary@/d', 'has no host'],
  ['postgresql://h/d', 'has no user'],
  ['postgresql://u:canary@a,/d', 'has no host'],
  ['postgresql://u:canary@a:1,b:x/d', 'has a port'],
  ['postgresql://u:canary@a,b/d?target_session_attrs=standby', 'target_session_attrs'],
  ['postgresql://u:canary@a,b/d?load_balance_hosts=random', 'load_balance_hosts'],
  ['postgresql://u:canary@300.1.1.1/d', 'has a host that is neither a name nor an address'],
  ['postgresql://u:canary@h:x/d', 'has a port that is no number'],
  ['postgresql://u:canary@h:0/d', 'has a port that is no number'],
  ['postgresql://u:canary@h/a/b', 'has a slash in the database name'],
  ['postgresql://u:canary@h/d?sslmode=on', 'has an unknown sslmode'],
  ['postgresql://u:canary@h/d?sslmode=REQUIRE', 'has an unknown sslmode'],
  ['postgresql://u:canary@h/d?sslmode=require&sslmode=disable', 'parameter sslmode twice'],
  ['postgresql://u:canary@h/d?pgbouncer=true', 'the parameter pgbouncer: leave it out'],
  ['postgresql://u:canary@h/d?options=-c%20x', 'the parameter options: leave it out'],
  ['postgresql://u:canary@h/d?foo=canary', 'the unknown parameter foo; known are'],
  ['postgresql://u:canary@h/d?sslrootcert=missing.pem', 'a file that does not exist'],
  ['postgresql://u:canary@h/d?sslrootcert=', 'has an empty sslrootcert'],
  ['postgresql://u:canary@h/d?sslrootcert=system&sslmode=require', 'weaker sslmode'],
  ['postgresql://postgres:[YOUR-PASSWORD]@db.example:5432/postgres', 'the placeholder'],
  ['postgresql://u:canary@h:x/d?ssl=true', 'has a port', 'the parameter ssl: write sslmode'],
];

test('T6, T7: what cannot be acted upon is refused by name, and no value is repeated', () => {
  for (const [url, ...reasons] of faults) {
    const lines = faultLines({ environment: { RACEWAY_POSTGRES_CONNECTION: url } });
    assert.equal(lines.length, reasons.length, `${url} gives ${lines.join(' ')}`);
    for (const [index, reason] of reasons.entries()) {
      const line = lines[index] ?? '';
      assert.ok(
        line.startsWith('RACEWAY_POSTGRES_CONNECTION: storage.postgres.connection_string '),
      );
      assert.ok(line.includes(reason), `"${line}" does not say "${reason}"`);
      assert.ok(!line.includes('canary'), line);
    }
  }
});

const modes: readonly (readonly [query: string, mode: string, root: string | null])[] = [
  ['', 'prefer', null],
  ['?sslmode=disable', 'disable', null],
  ['?sslmode=allow', 'prefer', null],
  ['?sslmode=prefer', 'prefer', null],
  ['?sslmode=require', 'require', null],
  ['?sslmode=require&sslrootcert=root.pem', 'verify-ca', 'root.pem'],
  ['?sslmode=verify-ca', 'verify-ca', null],
  ['?sslmode=verify-full', 'verify-full', null],
  ['?sslmode=verify-full&sslrootcert=%2Fetc%2Froot.pem', 'verify-full', '/etc/root.pem'],
  ['?sslrootcert=system', 'verify-full', null],
];

test('T6: sslmode means what it means to libpq', () => {
  for (const [query, mode, root] of modes) {
    const result = parsePostgresUrl(`postgres://u@h/d${query}`);
    assert.ok('connection' in result, query);
    assert.deepEqual([result.connection.sslMode, result.connection.sslRootCert], [mode, root]);
  }
});

test('T6: the environment of libpq and of pg does not count', () => {
  const { config } = load({
    environment: {
      PGSSLMODE: 'disable',
      PGPASSWORD: 'other',
      PGHOST: 'other',
      RACEWAY_POSTGRES_CONNECTION: 'postgres://u@h/d',
    },
  });
  const { connection } = config.storage.postgres;
  assert.deepEqual([connection?.sslMode, connection?.password], ['prefer', null]);
});

test('the connection of a replica is read, masked and refused as the other one is', () => {
  const replica = (url: string, more: object = {}) => ({
    environment: { RACEWAY_POSTGRES_READ_CONNECTION: url, ...more },
  });
  const written = { RACEWAY_POSTGRES_CONNECTION: 'postgres://u@h/d' };
  const loaded = load(replica('postgres://u:canary@replica/d', written));
  assert.equal(loaded.config.storage.postgres.read_connection?.host, 'replica');
  assert.equal(loaded.config.storage.postgres.connection?.host, 'h');
  const shown = describeConfig(loaded);
  assert.match(shown, /read_connection = "postgresql:\/\/u:\*\*\*@replica:5432\/d/);
  assert.ok(!shown.includes('canary'));
  const [line = ''] = faultLines(replica('postgres://u:canary@h:x/d', written));
  assert.match(
    line,
    /^RACEWAY_POSTGRES_READ_CONNECTION: storage\.postgres\.read_connection has a port/,
  );
  const alone = load(replica('postgres://u@replica/d'));
  assert.equal(alone.config.storage.postgres.read_connection, null);
  assert.match(alone.notes.map(({ text }) => text).join('\n'), /read_connection is not used/);
});

test('several servers, and what a server must be', () => {
  const url = 'postgresql://u:p@db1,[::1]:5433,db3:6/d?target_session_attrs=primary';
  const result = parsePostgresUrl(url);
  assert.ok('connection' in result, inspect(result));
  const { host, port, otherHosts, targetSessionAttrs } = result.connection;
  assert.deepEqual([host, port, targetSessionAttrs], ['db1', 5432, 'primary']);
  assert.deepEqual(otherHosts, [
    { host: '::1', port: 5433 },
    { host: 'db3', port: 6 },
  ]);
  assert.equal(
    maskedConnection(result.connection),
    'postgresql://u:***@db1:5432,[::1]:5433,db3:6/d?sslmode=prefer&target_session_attrs=primary',
  );
});

test('addresses, sockets and names of a URL', () => {
  const parts = (url: string) => {
    const result = parsePostgresUrl(url);
    assert.ok('connection' in result, inspect(result));
    const { host, port, database, user } = result.connection;
    return [host, port, database, user];
  };
  assert.deepEqual(parts('postgres://u@[::1]:5433/d'), ['::1', 5433, 'd', 'u']);
  assert.deepEqual(parts('postgresql://u@10.0.0.1'), ['10.0.0.1', 5432, 'u', 'u']);
  const socket = 'postgresql://u@%2Fvar%2Frun%2Fpostgresql/d?sslmode=require';
  assert.deepEqual(parts(socket), ['/var/run/postgresql', 5432, 'd', 'u']);
  assert.deepEqual(parts('postgres://a%40b:x@db.example.:1/my%20data'), [
    'db.example.',
    1,
    'my data',
    'a@b',
  ]);
});
