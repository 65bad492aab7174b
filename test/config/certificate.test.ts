import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { test } from 'node:test';
import { selfSignedCertificate } from '../support/certificate.ts';
import { faultLines, load } from '../support/config.ts';

const toml = '[server.tls]\ncert = "cert.pem"\nkey = "key.pem"';
const mine = selfSignedCertificate('raceway.example', 90);
const other = selfSignedCertificate('raceway.example', 90);
const environment = { RACEWAY_API_KEYS: '4f1c0f9a6f7b4d0c9b7e2a5d8c3e6f10' };

test('certificate and key that belong together are taken, from file or variables', () => {
  const files = { 'cert.pem': mine.certificate + other.certificate, 'key.pem': mine.key };
  const { config, notes } = load({ toml, files, environment });
  assert.deepEqual(config.server.tls, { cert: 'cert.pem', key: 'key.pem' });
  assert.deepEqual(notes, []);
  const variables = { RACEWAY_SERVER_TLS_CERT: 'cert.pem', RACEWAY_SERVER_TLS_KEY: 'key.pem' };
  const { config: same } = load({ files, environment: { ...environment, ...variables } });
  assert.deepEqual(same.server.tls, config.server.tls);
});

test('one without the other is refused', () => {
  const files = { 'cert.pem': mine.certificate, 'key.pem': mine.key };
  assert.deepEqual(faultLines({ toml: '[server.tls]\ncert = "cert.pem"', files }), [
    'raceway.toml: server.tls.cert is set without server.tls.key; HTTPS needs both.',
  ]);
  assert.deepEqual(faultLines({ toml: '[server.tls]\nkey = "key.pem"', files }), [
    'raceway.toml: server.tls.key is set without server.tls.cert; HTTPS needs both.',
  ]);
});

const withPassphrase = createPrivateKey(mine.key)
  .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'canary' })
  .toString();
const faulty: readonly (readonly [cert: string | null, key: string | null, line: RegExp])[] = [
  [null, mine.key, /server\.tls\.cert names a file that does not exist/],
  [mine.certificate, null, /server\.tls\.key names a file that does not exist/],
  [mine.certificate, other.key, /server\.tls\.key .* does not belong to the \(first\) certificate/],
  [other.certificate + mine.certificate, mine.key, /does not belong to the \(first\) certificate/],
  [mine.key, mine.certificate, /server\.tls\.cert .* private key .* belongs into server\.tls\.key/],
  [mine.certificate, mine.certificate, /server\.tls\.key .* belongs into server\.tls\.cert/],
  ['', mine.key, /server\.tls\.cert .* without a certificate in PEM form/],
  [mine.certificate, 'canary', /server\.tls\.key .* without a private key in PEM form/],
  [mine.certificate.replace(/^M.*$/m, 'AAAA'), mine.key, /server\.tls\.cert .* broken certificate/],
  [mine.certificate, mine.key.replace(/^M.*$/m, 'AAAA'), /server\.tls\.key .* broken private key/],
  [mine.certificate, withPassphrase, /passphrase on its key.*openssl pkey/],
];

test('what cannot be used is one readable fault that quotes nothing', () => {
  for (const [cert, key, expected] of faulty) {
    const files = {
      ...(cert === null ? {} : { 'cert.pem': cert }),
      ...(key === null ? {} : { 'key.pem': key }),
    };
    const lines = faultLines({ toml, files });
    assert.equal(lines.length, 1, String(expected));
    assert.match(lines[0] ?? '', expected);
    assert.ok(!/canary|-----BEGIN.*\n/.test(lines[0] ?? ''), lines[0]);
  }
});

test('a certificate that ends soon, or has ended, is warned about', () => {
  const note = (days: number) => {
    const { certificate, key } = selfSignedCertificate('raceway.example', days);
    const files = { 'cert.pem': certificate, 'key.pem': key };
    return load({ toml, files, environment }).notes.map(({ level, text }) => `${level} ${text}`);
  };
  assert.deepEqual(note(21.5), []);
  assert.match(
    note(20.5).join(),
    /^warn The TLS certificate .* expires on \d{4}-\d\d-\d\d, in 20 d/,
  );
  assert.match(note(-3).join(), /^warn The TLS certificate .* expired on .*clients refuse it/);
});
