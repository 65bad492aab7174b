import { isIP, isIPv4 } from 'node:net';

const hostName = /^(?!-)[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\.?$/;

/** Whether a text can be the name of a machine; digits and dots alone are a mistyped address. */
export function isHostName(text: string): boolean {
  return text.length <= 253 && hostName.test(text) && !/^[\d.]+$/.test(text);
}

/** Why a text is no address to listen on; null when it is one. */
export function hostFault(text: string): string | null {
  if (isIP(text) !== 0 || isHostName(text)) return null;
  if (text.trim() === '') return 'is blank';
  if (text === '*') return 'must be 0.0.0.0 (or :: with IPv6) to mean every address, not *';
  if (text.includes('://')) return 'must be an address or a name, not a URL';
  if (text.startsWith('[')) return 'must be written without brackets, as in "::1"';
  if (/:\d+$/.test(text)) return 'must be without the port, which goes into server.port';
  return 'must be an address or a name of this machine, as in "127.0.0.1" or "0.0.0.0"';
}

/** Why a text is no name that a Host header may hold; null when it is one. */
export function allowedHostFault(text: string): string | null {
  if (isHostName(text)) return null;
  if (text.trim() === '') return 'is blank';
  if (text.includes('*')) return 'has a * in it: write each name in full';
  if (text.includes('://')) return 'must be a name, not a URL; a URL goes into server.public_url';
  if (/:\d+$/.test(text)) return 'must be without a port: any port of a name is accepted';
  if (isIP(text.replace(/^\[(.*)\]$/, '$1')) !== 0)
    return 'is an address; those are accepted anyway';
  return 'must be the name of a machine, as in "raceway.internal"';
}

/** Why a text is no host of a URL; null when it is one. */
export function privateHostFault(text: string): string | null {
  if (isIP(text.replace(/^\[(.*)\]$/, '$1')) !== 0 || isHostName(text)) return null;
  return 'must be a name or an address without scheme and port, as in "alertmanager.internal"';
}

/** Whether only this machine reaches an address. */
export function isLoopback(host: string): boolean {
  return /^(?:localhost\.?|127(?:\.\d+){3}|::ffff:127(?:\.\d+){3}|(?:0*:)*:0*1|0:0:0:0:0:0:0:1)$/i.test(
    host,
  );
}

/** Why a text is neither an IP address nor a CIDR range; null when it is one of them. */
export function addressRangeFault(text: string): string | null {
  const [address = '', bits, ...more] = text.split('/');
  if (isIP(address) === 0 || more.length > 0) {
    return 'is not an IP address or a range such as "10.0.0.0/8"';
  }
  const bitsMax = isIPv4(address) ? 32 : 128;
  const good = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= bitsMax);
  return good ? null : `must end in a number of bits from 0 to ${bitsMax} after the slash`;
}
