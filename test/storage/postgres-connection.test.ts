import assert from 'node:assert/strict';
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { inspect } from 'node:util';
import { RacewayError } from '../../src/domain/errors.ts';
import {
  ClientFactory,
  type PostgresConnection,
} from '../../src/storage/postgres/connection/connection.ts';
import { PostgresPool } from '../../src/storage/postgres/connection/pool.ts';
import { selfSignedCertificate } from '../support/certificate.ts';
import { poolOptions, run, testDatabase } from '../support/postgres.ts';
import { startPostgres } from '../support/postgres-server.ts';

/** Whether a connection comes about, and whether it is encrypted. */
async function tryConnection(connection: PostgresConnection): Promise<string> {
  const pool = new PostgresPool(poolOptions(connection));
  try {
    const text = 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()';
    const [row] = await pool.read((session) => session({ text }));
    return row?.[0] === true ? 'encrypted' : 'plain';
  } catch (error) {
    assert.ok(error instanceof RacewayError, String(error));
    assert.equal(error.code, 'unavailable');
    return error.message;
  } finally {
    await pool.close();
  }
}

describe('sslmode', () => {
  let folder = '';
  let server: PostgresConnection;
  const certificate = () => join(folder, 'server.crt');

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'raceway-tls-'));
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    writeCertificate(folder);
    server = await startPostgres({
      ssl: 'on',
      ssl_cert_file: certificate(),
      ssl_key_file: join(folder, 'server.key'),
    });
  });

  test('T6: against a server with a self-signed certificate', async () => {
    const at = (more: Partial<PostgresConnection>) => tryConnection({ ...server, ...more });
    assert.equal(await at({ sslMode: 'disable' }), 'plain');
    assert.equal(await at({ sslMode: 'prefer' }), 'encrypted');
    assert.equal(await at({ sslMode: 'require' }), 'encrypted');
    const root = { sslRootCert: certificate() };
    assert.equal(await at({ sslMode: 'verify-ca', ...root }), 'encrypted');
    assert.equal(await at({ sslMode: 'verify-full', host: 'localhost', ...root }), 'encrypted');
    const wrongName = await at({ sslMode: 'verify-full', host: '127.0.0.1', ...root });
    assert.match(wrongName, /certificate .* not trusted \(ERR_TLS_CERT_ALTNAME_INVALID\)/);
    for (const sslMode of ['verify-ca', 'verify-full'] as const) {
      assert.match(
        await at({ sslMode, host: 'localhost' }),
        /certificate .* not trusted.*sslrootcert/,
      );
    }
  });

  test('a root certificate that cannot be read is named', async () => {
    const wanted = { ...server, sslMode: 'verify-ca', sslRootCert: '/nowhere/root.crt' } as const;
    assert.match(await tryConnection(wanted), /sslrootcert \/nowhere\/root\.crt .*ENOENT/);
  });

  test('T6: against a server without TLS', async (t) => {
    const { connection } = await testDatabase(t);
    const [row] = await tryRow(connection, 'SHOW ssl');
    assert.equal(row, 'off', 'TEST_DATABASE_URL names a server with TLS');
    assert.equal(await tryConnection({ ...connection, sslMode: 'disable' }), 'plain');
    assert.equal(await tryConnection({ ...connection, sslMode: 'prefer' }), 'plain');
    for (const sslMode of ['require', 'verify-ca', 'verify-full'] as const) {
      assert.match(await tryConnection({ ...connection, sslMode }), /speaks no TLS/);
    }
  });
});

test('a connection that is refused is unavailable, and the message says why', async (t) => {
  const database = await testDatabase(t);
  const { connection } = database;
  const role = await database.createRole();
  const refused = await tryConnection({ ...role, password: 'wrong' });
  const trusted =
    (await database.run('SELECT 1 FROM pg_hba_file_rules WHERE auth_method = $1', ['trust']))
      .length > 0;
  if (!trusted) assert.match(refused, /refuses the user or the password \(SQLSTATE 28P01\)/);
  assert.match(
    await tryConnection({ ...connection, database: 'nowhere' }),
    /does not exist .*3D000/,
  );
  assert.match(
    await tryConnection({ ...connection, port: 1 }),
    /cannot be reached \(ECONNREFUSED\)/,
  );
  await run(
    { ...connection, database: 'template1' },
    `ALTER DATABASE ${connection.database} ALLOW_CONNECTIONS false`,
  );
  assert.match(await tryConnection(connection), /refuses the connection \(SQLSTATE 55000\)/);
});

test('T6: PG variables of the environment do not count', async (t) => {
  const { connection } = await testDatabase(t);
  const variables = {
    PGSSLMODE: 'verify-full',
    PGSSLNEGOTIATION: 'direct',
    PGHOST: '192.0.2.1',
    PGPORT: '1',
    PGUSER: 'nobody',
    PGDATABASE: 'nowhere',
    PGPASSWORD: 'wrong',
    PGOPTIONS: '-c search_path=nowhere',
    PGREPLICATION: 'database',
    PGAPPNAME: 'somebody else',
    PGCLIENT_ENCODING: 'LATIN1',
  };
  const text = `SELECT current_setting('search_path'), current_setting('application_name'),
    current_setting('client_encoding')`;
  const previous = new Map(Object.keys(variables).map((name) => [name, process.env[name]]));
  Object.assign(process.env, variables);
  try {
    assert.deepEqual(await tryRow(connection, text), ['"$user", public', 'raceway-test', 'UTF8']);
  } finally {
    for (const [name, value] of previous) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
});

test('T7: no inspection shows the password', async (t) => {
  const { connection } = await testDatabase(t);
  const password = 'canary-of-a-password';
  const secret = { ...connection, password };
  const pool = new PostgresPool(poolOptions(secret));
  t.after(() => pool.close());
  const client = new ClientFactory(secret).create({ connectMs: 1000, answerMs: undefined });
  const failed = await client.connect().catch((error: unknown) => error);
  // A server that trusts everyone does not ask for it.
  if (failed === undefined) await client.end();
  const failure = await pool.read(async () => {}).catch((error: unknown) => error);
  for (const value of [pool, client, failed, failure]) {
    const shown = inspect(value, { depth: Number.POSITIVE_INFINITY, showHidden: false });
    assert.ok(!shown.includes(password), shown.slice(0, 200));
    assert.ok(!(JSON.stringify(value, cyclesAsNull()) ?? '').includes(password));
  }
});

async function tryRow(connection: PostgresConnection, text: string): Promise<unknown[]> {
  const pool = new PostgresPool(poolOptions(connection));
  try {
    return (await pool.read((session) => session({ text })))[0] ?? [];
  } finally {
    await pool.close();
  }
}

/** A certificate for `localhost` only, readable by the user that Postgres runs as. */
function writeCertificate(folder: string): void {
  const { certificate, key } = selfSignedCertificate('localhost');
  writeFileSync(join(folder, 'server.crt'), certificate);
  writeFileSync(join(folder, 'server.key'), key, { mode: 0o600 });
  if (process.getuid?.() !== 0) return;
  for (const path of ['', 'server.key', 'server.crt'])
    chownSync(join(folder, path), 65_534, 65_534);
}

function cyclesAsNull() {
  const seen = new Set<unknown>();
  return (_key: string, value: unknown) => {
    if (typeof value === 'bigint') return String(value);
    if (typeof value !== 'object' || value === null) return value;
    if (seen.has(value)) return null;
    seen.add(value);
    return value;
  };
}
