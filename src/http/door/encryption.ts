import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { ClientAddresses } from '../front/client-address.ts';

/** Whether a client's request was encrypted: by this server, or as a trusted proxy says. */
export function isEncrypted(request: IncomingMessage, addresses: ClientAddresses): boolean {
  if (request.socket instanceof TLSSocket) return true;
  const forwarded = request.headers['x-forwarded-proto'];
  if (typeof forwarded !== 'string' || !addresses.trusts(request)) return false;
  return forwarded.split(',', 1)[0]?.trim().toLowerCase() === 'https';
}
