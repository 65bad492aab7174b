import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, isIPv4, type Socket, SocketAddress } from 'node:net';

/** Forwarders looked at, from the right; a longer chain is nobody's proxy set-up. */
const FORWARDERS_MAX = 32;

/** Tells who sent a request. */
export interface ClientAddresses {
  /** The address of the client: the peer, or what trusted proxies say of it. */
  of(request: IncomingMessage): string;
  /** Whether the peer is a proxy whose `X-Forwarded-For` counts. */
  trusts(request: IncomingMessage): boolean;
}

/**
 * Reads `X-Forwarded-For` from the right, as long as the address before was a trusted proxy: a
 * client can write anything on the left. What is no address is not believed.
 *
 * @param trustedProxies addresses and CIDR ranges, checked by the configuration
 */
export function createClientAddresses(trustedProxies: readonly string[]): ClientAddresses {
  const trusted = new BlockList();
  for (const range of trustedProxies) {
    const [address = '', bits] = range.split('/');
    const family = isIPv4(address) ? 'ipv4' : 'ipv6';
    if (bits === undefined) trusted.addAddress(address, family);
    else trusted.addSubnet(address, Number(bits), family);
  }
  const isTrusted = (address: string) =>
    isIP(address) !== 0 && trusted.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
  const peers = new WeakMap<Socket, string>();
  const peerOf = ({ socket }: IncomingMessage) => {
    const known = peers.get(socket);
    if (known !== undefined) return known;
    const peer = parseAddress(socket.remoteAddress ?? '');
    // A connection that is gone has no address any more; one that has keeps it.
    if (peer !== null) peers.set(socket, peer);
    return peer ?? 'unknown';
  };
  return {
    trusts: (request) => isTrusted(peerOf(request)),
    of(request) {
      let client = peerOf(request);
      const forwarded = request.headers['x-forwarded-for'];
      if (forwarded === undefined || !isTrusted(client)) return client;
      const chain = String(forwarded).split(',').slice(-FORWARDERS_MAX);
      for (let item = chain.pop(); item !== undefined && isTrusted(client); item = chain.pop()) {
        const address = parseAddress(item);
        if (address === null) break;
        client = address;
      }
      return client;
    },
  };
}

/**
 * The bare address of `1.2.3.4`, `1.2.3.4:5678`, `::1`, `[::1]:5678` or `::ffff:1.2.3.4`, else null. It has
 * one spelling, however it came: a client is one client to budgets, the log and the audit log.
 */
export function parseAddress(text: string): string | null {
  const trimmed = text.trim();
  const bare =
    /^\[([^\]]+)\](?::\d+)?$/.exec(trimmed)?.[1] ?? /^([\d.]+):\d+$/.exec(trimmed)?.[1] ?? trimmed;
  const family = isIP(bare);
  if (family !== 6) return family === 0 ? null : bare;
  const { address } = new SocketAddress({ address: bare.replace(/%.*$/, ''), family: 'ipv6' });
  // `::ffff:1.2.3.4` and `::ffff:102:304` are the IPv4 address in them.
  return address.startsWith(MAPPED) ? address.slice(MAPPED.length) : address;
}

const MAPPED = '::ffff:';

/**
 * What a budget per address counts by: an IPv4 address, or the first 64 bits of an IPv6 one, for
 * a single client owns all addresses below them.
 */
export function addressBlock(address: string): string {
  return address.includes(':') ? `${ipv6Groups(address, 4)}::/64` : address;
}

/** The network around an address, as wide as one place or provider: /16 of IPv4, /48 of IPv6. */
export function addressNetwork(address: string): string {
  if (address.includes(':')) return `${ipv6Groups(address, 3)}::/48`;
  return isIPv4(address) ? `${address.split('.').slice(0, 2).join('.')}.0.0/16` : address;
}

/** The first groups of an IPv6 address, without leading zeros. */
function ipv6Groups(address: string, count: number): string {
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  if (tail !== undefined) while (groups.length + after.length < 8) groups.push('0');
  return [...groups, ...after]
    .slice(0, count)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':');
}
