import { isIP } from 'node:net';
import {
  connect,
  type DetailedPeerCertificate,
  rootCertificates,
  type SecureVersion,
} from 'node:tls';
import { expiryWarningDays } from '../config/certificate.ts';
import type { Target } from './client.ts';
import { pass, type Remark, remark } from './remark.ts';

const handshakeMsMax = 10_000;
const dayMs = 86_400_000;
/** Less than that, and the certificate ends before anybody has slept over it. */
const failureDays = 7;

/** Protocols, trust and end of the certificate that a server shows. */
export async function checkTls(target: Target, nowMs: number): Promise<Remark[]> {
  const current = await handshake(target, 'TLSv1.3').catch(() => handshake(target, 'TLSv1.2'));
  const old: string[] = [];
  for (const version of ['TLSv1', 'TLSv1.1'] as const) {
    const spoken = await handshake(target, version).catch(() => null);
    if (spoken !== null) old.push(version);
  }
  const protocols =
    old.length === 0
      ? pass('TLS', `${current.protocol}; TLS 1.0 and 1.1 are refused`)
      : remark(
          'fail',
          'TLS',
          `${old.join(' and ')} are still spoken`,
          'nginx: ssl_protocols TLSv1.2 TLSv1.3;',
        );
  return [protocols, trustRemark(current), expiryRemark(Date.parse(current.validTo), nowMs)];
}

/** When the certificate ends; used for the files of the server too. */
export function expiryRemark(expiresAtMs: number, nowMs: number): Remark {
  const days = Math.floor((expiresAtMs - nowMs) / dayMs);
  const detail =
    days < 0
      ? `expired ${-days} days ago`
      : `ends in ${days} days, on ${new Date(expiresAtMs).toISOString().slice(0, 10)}`;
  if (days >= expiryWarningDays) return pass('TLS certificate', detail);
  const fix =
    'renew it: sudo certbot renew. If that fails, port 80 may be closed (deploy/firewall);\n' +
    'if it was renewed, the proxy was not told: deploy/certbot/raceway-deploy-hook.sh';
  return remark(days < failureDays ? 'fail' : 'warn', 'TLS certificate', detail, fix);
}

interface Handshake {
  readonly protocol: string;
  readonly validTo: string;
  /** Why a client would refuse the certificate; null when none would. */
  readonly distrust: string | null;
}

function trustRemark({ distrust }: Handshake): Remark {
  if (distrust === null) return pass('TLS trust', 'clients accept the certificate');
  const fix =
    'use a certificate for this name from an authority that clients know (certbot, Caddy), and\n' +
    'give the server its whole chain (fullchain.pem); with an authority of your own: --ca FILE';
  return remark('fail', 'TLS trust', `clients refuse the certificate (${distrust})`, fix);
}

function handshake({ url, ca }: Target, version: SecureVersion): Promise<Handshake> {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return new Promise((resolve, reject) => {
    const socket = connect(
      {
        host,
        port: Number(url.port || 443),
        ...(isIP(host) === 0 ? { servername: host } : {}),
        ...(ca === null ? {} : { ca: [...rootCertificates, ca] }),
        rejectUnauthorized: false,
        minVersion: version,
        maxVersion: version,
        // Old protocols are not even offered at the usual level.
        ciphers: 'DEFAULT:@SECLEVEL=0',
        timeout: handshakeMsMax,
      },
      () => {
        const { valid_to: validTo }: DetailedPeerCertificate = socket.getPeerCertificate(true);
        const protocol = socket.getProtocol() ?? '';
        const distrust = socket.authorized ? null : codeOf(socket.authorizationError);
        resolve({ protocol, validTo, distrust });
        socket.destroy();
      },
    );
    socket.on('timeout', () => socket.destroy(new Error('no handshake in time')));
    socket.on('error', reject);
  });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
