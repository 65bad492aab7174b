import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ConfigSketch, faultLines } from '../support/config.ts';

/** What is written, then where the message places it, then words of the reason. */
type Row = readonly [written: string, key: string, reason: string];

const portRange = 'must be a whole number from 1 to 65535, not';

const hash = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** A table of `server.keys`, right but for the members that are given. */
function keyTable(members: string): string {
  const right = { name: '"checkout"', hash: `"${hash}"`, scopes: '["ingest"]' };
  const rest = Object.entries(right).filter(([name]) => !members.startsWith(name));
  return ['[[server.keys]]', ...rest.map(([name, value]) => `${name} = ${value}`), members].join(
    '\n',
  );
}

const proxyHeader = '[ui]\nauth_proxy_header = "X-User"\n';

function groupTable(head: string, member: string): string {
  const name = member.startsWith('name =') ? [] : ['name = "*"'];
  return [`${head}[[ui.auth_proxy_groups]]`, ...name, 'scopes = ["read"]', member].join('\n');
}

const fileRows: readonly Row[] = [
  ['server = 5', 'server', 'must be a table: write [server] on a line of its own'],
  ['storage = "postgres"', 'storage', 'must be a table'],
  ['[storage]\npostgres = "postgresql://u:p@h/d"', 'storage.postgres', '[storage.postgres]'],
  ['[server]\nprot = 1', 'server.prot', 'is not a known key (did you mean server.port?)'],
  ['[sever]\nport = 1', 'sever', 'is not a known key (did you mean server?)'],
  ['port = 1', 'port', 'is not a known key (did you mean server.port?)'],
  ['[storage.postgres]\nurl = "x"', 'storage.postgres.url', 'is not a known key.'],
  ['[logging]\nlevels = "info"', 'logging.levels', '(did you mean logging.level?)'],
  ['[[keys]]\nname = "a"', 'keys', 'is not a known key (did you mean server.keys?).'],
  ['[server]\nkeys = "a"', 'server.keys', 'must be tables, each [[server.keys]] with name,'],
  ['[server]\nkeys = ["a"]', 'server.keys', 'item 1 must be a table of its own.'],
  [keyTable('scope = "a"'), 'server.keys', 'has an unknown member scope (did you mean scopes?).'],
  [keyTable('key = "a"'), 'server.keys', 'unknown member key (known are name, hash, scopes, '],
  [keyTable('name = "a b"'), 'server.keys', 'item 1: name must be a text of up to 48 letters'],
  [keyTable(`name = "${hash.slice(0, 40)}"`), 'server.keys', 'looks like a key or a hash'],
  [keyTable('hash = "rwk_x"'), 'server.keys', 'must be the SHA-256 of the key in 64 hexadecimal'],
  [
    keyTable('scopes = []'),
    'server.keys',
    'a list of one or more of ingest, read, triage, delete, admin.',
  ],
  [keyTable('scopes = ["write"]'), 'server.keys', 'item 1: scopes must be a list of one or more'],
  [keyTable('expires_at = 2027-01-31T12:00:00'), 'server.keys', 'or a time such as 2027-01-31T12'],
  [keyTable('created_at = 1'), 'server.keys', 'item 1: created_at must be a date such as'],
  [keyTable('services = []'), 'server.keys', 'leave it out to allow every service.'],
  [keyTable('scopes = ["read"]\nservices = ["a"]'), 'server.keys', 'but not the scope ingest'],
  [
    `${keyTable('')}\n${keyTable('')}`,
    'server.keys',
    'item 2 has the same hash as a key of server.',
  ],
  [
    [1, 2, 3].map((n) => keyTable(`hash = "${n}${hash.slice(1)}"`)).join('\n'),
    'server.keys',
    'item 3 is the third valid key named checkout; two are for a rotation, remove the oldest.',
  ],
  ['__proto__ = 1', '__proto__', 'is not a known key.'],
  ['[server]\n__proto__ = 1', 'server.__proto__', 'is not a known key'],
  ['constructor = {}', 'constructor', 'is not a known key.'],
  ['"a b" = 1', '"a b"', 'is not a known key.'],
  ['[server]\nui_password = "x"', 'server.ui_password', 'set server.api_keys, which guard both.'],
  ['[server]\nport = "8080"', 'server.port', `${portRange} "8080".`],
  ['[server]\nport = 0', 'server.port', `${portRange} 0.`],
  ['[server]\nport = 65536', 'server.port', `${portRange} 65536.`],
  ['[server]\nport = 1.5', 'server.port', `${portRange} 1.5.`],
  ['[server]\nport = nan', 'server.port', `${portRange} NaN.`],
  ['[server]\nport = 1979-05-27', 'server.port', `${portRange} a date.`],
  ['[server]\nport = {}', 'server.port', `${portRange} a table.`],
  ['[server]\nverbose = "yes"', 'server.verbose', 'must be true or false, not "yes".'],
  ['[server]\nhost = ""', 'server.host', 'is blank.'],
  ['[server]\nhost = "*"', 'server.host', 'must be 0.0.0.0 (or :: with IPv6)'],
  ['[server]\nhost = "http://x"', 'server.host', 'not a URL'],
  ['[server]\nhost = "[::1]"', 'server.host', 'must be written without brackets'],
  ['[server]\nhost = "127.0.0.1:80"', 'server.host', 'which goes into server.port'],
  ['[server]\nhost = "300.1.1.1"', 'server.host', 'must be an address or a name of this machine'],
  ['[server]\nhost = ["a"]', 'server.host', 'must be a text, not a list.'],
  ['[server]\npublic_url = ""', 'server.public_url', 'is blank.'],
  ['[server]\npublic_url = "raceway.company.com"', 'server.public_url', 'begins with https://'],
  ['[server]\npublic_url = "ftp://a.example"', 'server.public_url', 'begins with https://'],
  [
    '[server]\npublic_url = "https://u:p@a.example"',
    'server.public_url',
    'no user and no password',
  ],
  ['[server]\npublic_url = "https://a.example/?a=b"', 'server.public_url', 'without ? and #'],
  ['[server]\nallowed_hosts = [""]', 'server.allowed_hosts', 'item 1 is blank.'],
  ['[server]\nallowed_hosts = ["*.a.example"]', 'server.allowed_hosts', 'write each name in full'],
  ['[server]\nallowed_hosts = ["http://a"]', 'server.allowed_hosts', 'must be a name, not a URL'],
  ['[server]\nallowed_hosts = ["a:80"]', 'server.allowed_hosts', 'must be without a port'],
  ['[server]\nallowed_hosts = ["10.0.0.1"]', 'server.allowed_hosts', 'those are accepted anyway'],
  ['[server]\nallowed_hosts = ["a b"]', 'server.allowed_hosts', 'must be the name of a machine'],
  ['[ui]\nsession_secret = "short"', 'ui.session_secret', 'is shorter than 32 characters'],
  ['[ui]\nauth_proxy_header = "a b"', 'ui.auth_proxy_header', 'is no name of an HTTP header'],
  ['[ui]\nauth_proxy_header = "X-User"', 'ui.auth_proxy_header', 'but nobody may do anything'],
  ['[ui]\nauth_proxy_groups_header = "X-G"', 'ui.auth_proxy_groups_header', 'has no effect'],
  [groupTable('', 'name = "*"'), 'ui.auth_proxy_groups', 'is set without ui.auth_proxy_header'],
  [groupTable(proxyHeader, 'name = "ops"'), 'ui.auth_proxy_groups', 'does not say where they are'],
  [
    groupTable(proxyHeader, 'name = "a,b"'),
    'ui.auth_proxy_groups',
    'item 1: name must be the name',
  ],
  [groupTable(proxyHeader, 'names = "a"'), 'ui.auth_proxy_groups', '(did you mean name?)'],
  [
    `${groupTable(proxyHeader, 'name = "*"')}\n${groupTable('', 'name = "*"')}`,
    'ui.auth_proxy_groups',
    'has "*" twice',
  ],
  ['[[analysis.exclude]]', 'analysis.exclude', 'item 1 says nothing; name a service, a route'],
  ['[[analysis.exclude]]\nroute = "*"', 'analysis.exclude', 'item 1 leaves out everything'],
  [
    '[[analysis.exclude]]\nroute = "/users/{id}"',
    'analysis.exclude',
    'item 1: route has a parameter; write * for what differs from call to call',
  ],
  ['[[analysis.exclude]]\nservice = 5', 'analysis.exclude', 'item 1: service must be a text'],
  ['[[analysis.exclude]]\nroutes = "/x"', 'analysis.exclude', '(did you mean route?)'],
  ['[analysis]\nexclude = "/x"', 'analysis.exclude', 'must be tables, each [[analysis.exclude]]'],
  ['[server]\nrate_limit_rpm = 0', 'server.rate_limit_rpm', 'from 1 to 10000000, not 0.'],
  ['[server]\nauth_enabled = true', 'server.auth_enabled', 'is true, but there is no key'],
  ['[server]\nauth_enabled = "true"', 'server.auth_enabled', 'must be true or false'],
  ['[server]\napi_keys = "0123456789abcdef"', 'server.api_keys', 'must be a list of API keys'],
  ['[server]\napi_keys = ["short"]', 'server.api_keys', 'item 1 is shorter than 16 characters'],
  ['[server]\napi_keys = [" "]', 'server.api_keys', 'item 1 is blank.'],
  ['[server]\napi_keys = ["with a space in it"]', 'server.api_keys', 'item 1 has a character that'],
  [`[server]\napi_keys = ["${'k'.repeat(513)}"]`, 'server.api_keys', 'is longer than 512'],
  ['[server]\napi_keys = [7]', 'server.api_keys', 'item 1 must be a text in quotes.'],
  ['[server]\ntrusted_proxies = ["10.0.0.0/33"]', 'server.trusted_proxies', 'bits from 0 to 32'],
  ['[server]\ntrusted_proxies = ["proxy"]', 'server.trusted_proxies', 'is not an IP address'],
  ['[server]\nmax_body_bytes = 10', 'server.max_body_bytes', 'from 1024 to 268435456, not 10.'],
  ['[storage]\nbackend = "postgres"', 'storage.backend', 'is postgres, but there is no connection'],
  ['[storage]\nbackend = "supabase"', 'storage.backend', 'is supabase, but there is no connection'],
  ['[storage]\nbackend = "sqlite"', 'storage.backend', 'one of memory, postgres, supabase, not "s'],
  [
    '[storage]\nbackend = 1',
    'storage.backend',
    'must be one of memory, postgres, supabase, not 1.',
  ],
  [
    '[storage.postgres]\nconnection_string = 5',
    'storage.postgres.connection_string',
    'must be a text such as',
  ],
  ['[storage.postgres]\nconnection_string = ""', 'storage.postgres.connection_string', 'is blank.'],
  [
    '[storage.postgres]\nmin_connections = 20',
    'storage.postgres.min_connections',
    'is 20, more than storage.postgres.max_connections, which is 10.',
  ],
  ['[engine]\nbatch_size = 0', 'engine.batch_size', 'from 1 to 1000000, not 0.'],
  ['[logging]\nlevel = "verbose"', 'logging.level', 'one of trace, debug, info, warn, error, not'],
  ['[race_detection]\nenabled = 1', 'race_detection.enabled', 'must be true or false, not 1.'],
  ['[server]\nhost = "$' + '{NOT_SET}"', 'server.host', 'the variable NOT_SET, which is not set.'],
  ['[server]\nhost = "$' + '{EMPTY}"', 'server.host', 'the variable EMPTY, which is empty.'],
  ['[server]\nhost = "$' + '{"', 'server.host', 'without a variable name and "}" behind it'],
  ['[server]\nhost = "$' + '{A B}"', 'server.host', 'without a variable name and "}" behind it'],
  ['[server]\nport = "$' + '{EIGHTY}"', 'server.port', `${portRange} "$\{EIGHTY}".`],
];

test('every fault of a file is told with file, key and reason', () => {
  const environment = { EMPTY: '', EIGHTY: '80' };
  for (const [toml, key, reason] of fileRows) {
    hasOneFault({ toml, environment }, `raceway.toml: ${key} `, reason);
  }
});

const notThere = 'names the file missing.toml, which does not exist.';

const wholeFileRows: readonly (readonly [ConfigSketch, start: string, reason: string])[] = [
  [{ toml: '[server' }, 'raceway.toml line 1, column 2 is not TOML: ', ''],
  [
    { toml: '[logging]\nlevel = ?' },
    'raceway.toml line 2, column 9 is not TOML: ',
    'invalid value',
  ],
  [{ toml: 'a = 1\na = 2' }, 'raceway.toml line 2, column 1 is not TOML: ', 'redefine'],
  [{ toml: Buffer.from([0xff, 0xfe, 0x61, 0]) }, 'raceway.toml is not UTF-8 text', ''],
  [{ toml: '#'.repeat(2 ** 20 + 1) }, 'raceway.toml is larger than 1048576 bytes', ''],
  [{ file: 'missing.toml' }, '--config names', notThere.slice(6)],
  [{ file: '' }, '--config is set but empty', ''],
  [{ file: '.' }, '--config names the file ., which is a folder.', ''],
  [{ environment: { RACEWAY_CONFIG: 'missing.toml' } }, 'RACEWAY_CONFIG names', notThere.slice(6)],
  [{ environment: { RACEWAY_CONFIG: ' ' } }, 'RACEWAY_CONFIG is set but empty', ''],
  [{ port: 'http' }, '--port: server.port ', `${portRange} "http".`],
  [{ port: '65536' }, '--port: server.port ', `${portRange} 65536.`],
  [{ port: -1 }, '--port: server.port ', `${portRange} -1.`],
  [{ port: '' }, '--port: server.port ', `${portRange} "".`],
  [{ host: 'a b' }, '--host: server.host ', 'must be an address or a name of this machine'],
  [{ host: '' }, '--host: server.host ', 'is blank.'],
];

test('every fault of a file as a whole and of the command line is told', () => {
  for (const [sketch, start, reason] of wholeFileRows) hasOneFault(sketch, start, reason);
});

const variableRows: readonly (readonly [variable: string, ...Row])[] = [
  ['RACEWAY_SERVER_PORT', '80a', 'server.port', `${portRange} "80a".`],
  ['RACEWAY_SERVER_PORT', '0', 'server.port', `${portRange} 0.`],
  ['RACEWAY_SERVER_PORT', '70000', 'server.port', `${portRange} 70000.`],
  ['RACEWAY_SERVER_PORT', '1e3', 'server.port', `${portRange} "1e3".`],
  ['RACEWAY_SERVER_VERBOSE', 'yes', 'server.verbose', 'must be true or false, not "yes".'],
  ['RACEWAY_SERVER_HOST', 'a b', 'server.host', 'must be an address or a name'],
  ['RACEWAY_LOGGING_LEVEL', 'loud', 'logging.level', 'must be one of trace'],
  ['RACEWAY_SERVER_UI_PASSWORD', 'x', 'server.ui_password', 'is not supported'],
  ['RACEWAY_SERVER_AUTH_ENABLED', 'true', 'server.auth_enabled', 'there is no key'],
  ['RACEWAY_STORAGE_BACKEND', 'postgres', 'storage.backend', 'there is no connection string'],
  ['RACEWAY_API_KEYS', '[1]', 'server.api_keys', 'must be a JSON array of texts'],
  ['RACEWAY_API_KEYS', '{"a":1}', 'server.api_keys', 'not a JSON object'],
  ['RACEWAY_API_KEYS', '["0123456789abcdef", ""]', 'server.api_keys', 'item 2 is blank.'],
  ['RACEWAY_API_KEYS_FILE', 'missing', 'server.api_keys', 'names a file that does not exist.'],
  ['RACEWAY_API_KEYS_FILE', '', 'server.api_keys', 'is set but empty'],
];

test('every fault of a variable is told with the variable, key and reason', () => {
  for (const [variable, value, key, reason] of variableRows) {
    hasOneFault({ environment: { [variable]: value } }, `${variable}: ${key} `, reason);
  }
});

test('all faults of all sources are told at once, each once', () => {
  const lines = faultLines({
    toml: '[server]\nprot = 1\nhost = "*"\nauth_enabled = true\n[engine]\nbatch_size = "x"',
    environment: { RACEWAY_SERVER_VERBOSE: 'maybe', RACEWAY_STORAGE_BACKEND: 'postgres' },
    port: 'http',
  });
  const places = lines.map((line) => line.split(' ').slice(0, 2).join(' '));
  assert.deepEqual(places.sort(), [
    '--port: server.port',
    'RACEWAY_SERVER_VERBOSE: server.verbose',
    'RACEWAY_STORAGE_BACKEND: storage.backend',
    'raceway.toml: engine.batch_size',
    'raceway.toml: server.auth_enabled',
    'raceway.toml: server.host',
    'raceway.toml: server.prot',
  ]);
});

test('a faulty key is not blamed a second time by what depends on it', () => {
  const toml = '[server]\nauth_enabled = true\napi_keys = ["short"]';
  hasOneFault({ toml }, 'raceway.toml: server.api_keys ', 'shorter');
  const environment = { RACEWAY_STORAGE_BACKEND: 'postgres', RACEWAY_POSTGRES_CONNECTION: 'None' };
  hasOneFault({ environment }, 'RACEWAY_POSTGRES_CONNECTION: ', 'holds nothing');
});

test('a fault counts even where another source overrides the key', () => {
  hasOneFault({ toml: '[server]\nport = 0', port: 81 }, 'raceway.toml: server.port ', portRange);
});

test('a thousand faults are a message of bounded length', () => {
  const toml = Array.from({ length: 1000 }, (_, index) => `key${index} = 1`).join('\n');
  const lines = faultLines({ toml });
  assert.equal(lines.length, 41);
  assert.equal(lines.at(-1), '… and 960 more.');
});

function hasOneFault(sketch: ConfigSketch, start: string, reason: string): void {
  const lines = faultLines(sketch);
  assert.equal(lines.length, 1, `${JSON.stringify(sketch)} gives ${JSON.stringify(lines)}`);
  const [line = ''] = lines;
  assert.ok(line.startsWith(start), `"${line}" does not start with "${start}"`);
  assert.ok(line.includes(reason), `"${line}" does not say "${reason}"`);
  assert.match(line, /[^.]\.$/);
}
