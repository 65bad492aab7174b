import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { Note } from './fault.ts';
import type { TextFile } from './values/text-file.ts';

/** Where the certificate of the server and its private key lie, both in PEM form. */
export interface CertificateFiles {
  /** The certificate, then those that lead to its root. */
  readonly cert: string;
  readonly key: string;
}

/** What the files hold, checked: the key belongs to the certificate, and TLS can be spoken. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
  readonly expiresAtMs: number;
}

/** A certificate, or what is wrong with one of the files, as the end of a sentence. */
export type CertificateReading =
  | { readonly certificate: Certificate }
  | { readonly file: keyof CertificateFiles; readonly fault: string };

const dayMs = 86_400_000;
/** Renewals begin 30 days before the end; nobody renews when three weeks are left. */
export const expiryWarningDays = 21;

/** Reads certificate and key and holds one against the other. No fault repeats their text. */
export function readCertificate(
  files: CertificateFiles,
  readFile: (path: string) => TextFile,
): CertificateReading {
  const [cert, key] = [readFile(files.cert), readFile(files.key)];
  if ('fault' in cert) return { file: 'cert', fault: `names a file that ${cert.fault}` };
  if ('fault' in key) return { file: 'key', fault: `names a file that ${key.fault}` };
  const first = parseCertificate(cert.text);
  if (typeof first === 'string') return { file: 'cert', fault: first };
  const privateKey = parseKey(key.text);
  if (typeof privateKey === 'string') return { file: 'key', fault: privateKey };
  if (!first.checkPrivateKey(privateKey)) {
    const fault =
      'names a file whose key does not belong to the (first) certificate of server.tls.cert';
    return { file: 'key', fault };
  }
  try {
    createSecureContext({ cert: cert.text, key: key.text });
  } catch (error) {
    const { code } = error as { code?: string };
    return { file: 'cert', fault: `names a file that cannot be used for TLS (${code})` };
  }
  const expiresAtMs = Date.parse(first.validTo);
  return { certificate: { cert: cert.text, key: key.text, expiresAtMs } };
}

/** What an operator should know about the end of a certificate; null when it is far. */
export function noteOnExpiry(expiresAtMs: number, nowMs: number): Note | null {
  const days = Math.floor((expiresAtMs - nowMs) / dayMs);
  if (days >= expiryWarningDays) return null;
  const date = new Date(expiresAtMs).toISOString().slice(0, 10);
  const text =
    expiresAtMs <= nowMs
      ? `The TLS certificate (server.tls.cert) expired on ${date}: clients refuse it. Renew it.`
      : `The TLS certificate (server.tls.cert) expires on ${date}, in ${days} days. Renew it.`;
  return { level: 'warn', text };
}

const certificateMark = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----/;
const keyMark = /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/;

function parseCertificate(text: string): X509Certificate | string {
  if (!certificateMark.test(text)) {
    return keyMark.test(text)
      ? 'names a file with a private key and no certificate; that belongs into server.tls.key'
      : 'names a file without a certificate in PEM form (-----BEGIN CERTIFICATE-----)';
  }
  try {
    return new X509Certificate(text);
  } catch {
    return 'names a file with a broken certificate';
  }
}

function parseKey(text: string): KeyObject | string {
  if (!keyMark.test(text)) {
    return certificateMark.test(text)
      ? 'names a file with a certificate and no key; that belongs into server.tls.cert'
      : 'names a file without a private key in PEM form (-----BEGIN PRIVATE KEY-----)';
  }
  if (/-----BEGIN ENCRYPTED|^Proc-Type: .*ENCRYPTED/m.test(text)) {
    return (
      'names a file with a passphrase on its key; take it off with ' +
      '`openssl pkey -in OLD -out NEW`, and give the new file mode 600'
    );
  }
  try {
    return createPrivateKey(text);
  } catch {
    return 'names a file with a broken private key';
  }
}
