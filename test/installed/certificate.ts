import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A certificate and its key made by openssl in a folder, under certbot's names. */
export function makeCertificate(folder: string, hostName: string): { readonly ca: string } {
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
      ...['-days', '90', '-subj', `/CN=${hostName}`, '-addext', `subjectAltName=DNS:${hostName}`],
      ...['-keyout', join(folder, 'privkey.pem'), '-out', join(folder, 'fullchain.pem')],
    ],
    { stdio: 'ignore' },
  );
  return { ca: readFileSync(join(folder, 'fullchain.pem'), 'utf8') };
}
