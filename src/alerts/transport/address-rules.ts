import { BlockList, isIPv4, isIPv6 } from 'node:net';

/**
 * Where an address leads: to the public internet; to machines of one's own, which may be asked for by name;
 * or to what no message is ever for, such as the services of clouds that hand out credentials.
 */
export type AddressKind = 'public' | 'private' | 'forbidden';

/** Kind of an IP address in any spelling that Node takes; of anything else: forbidden. */
export function addressKind(address: string): AddressKind {
  if (isIPv4(address)) return kindOfIPv4(address);
  if (!isIPv6(address)) return 'forbidden';
  const groups = groupsOf(address);
  const inner = innerIPv4(groups);
  if (inner !== null) return kindOfIPv4(inner);
  const plain = groups.map((group) => group.toString(16)).join(':');
  if (forbiddenIPv6.check(plain, 'ipv6')) return 'forbidden';
  if (privateIPv6.check(plain, 'ipv6')) return 'private';
  return publicIPv6.check(plain, 'ipv6') ? 'public' : 'forbidden';
}

function kindOfIPv4(address: string): AddressKind {
  if (forbiddenIPv4.check(address)) return 'forbidden';
  return privateIPv4.check(address) ? 'private' : 'public';
}

/** This machine, the networks of companies, and those of providers behind one address. */
const privateIPv4 = blocks('ipv4', [
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
]);

const forbiddenIPv4 = blocks('ipv4', [
  ['0.0.0.0', 8], // this network
  ['169.254.0.0', 16], // link-local; the metadata of most clouds is at 169.254.169.254
  ['100.100.100.200', 32], // metadata of Alibaba
  ['168.63.129.16', 32], // the host of machines in Azure
  ['192.0.0.0', 24], // protocols; metadata of Oracle is at 192.0.0.192
  ['192.0.2.0', 24], // documentation
  ['192.88.99.0', 24], // relays of 6to4
  ['198.51.100.0', 24], // documentation
  ['203.0.113.0', 24], // documentation
  ['224.0.0.0', 4], // multicast
  ['240.0.0.0', 4], // reserved, and broadcast
]);

const publicIPv6 = blocks('ipv6', [['2000::', 3]]);
const privateIPv6 = blocks('ipv6', [
  ['::1', 128],
  ['fc00::', 7],
]);
const forbiddenIPv6 = blocks('ipv6', [
  ['2001::', 23], // protocols, Teredo among them
  ['2001:db8::', 32], // documentation
  ['3fff::', 20], // documentation
  ['fd00:ec2::', 32], // metadata of Amazon
  ['fd20:ce::', 32], // metadata of Google
]);

function blocks(
  family: 'ipv4' | 'ipv6',
  networks: readonly (readonly [string, number])[],
): BlockList {
  const list = new BlockList();
  for (const [address, bits] of networks) list.addSubnet(address, bits, family);
  return list;
}

/** The eight groups of an IPv6 address. */
function groupsOf(address: string): number[] {
  const [text = ''] = address.split('%');
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text);
  const plain =
    dotted === null
      ? text
      : dotted[1] +
        [
          [dotted[2], dotted[3]],
          [dotted[4], dotted[5]],
        ]
          .map(([high, low]) => (Number(high) * 256 + Number(low)).toString(16))
          .join(':');
  const [head = '', tail] = plain.split('::');
  const read = (part: string) =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const [first, last] = [read(head), read(tail ?? '')];
  return [...first, ...new Array<number>(8 - first.length - last.length).fill(0), ...last];
}

/** The IPv4 address that an IPv6 address leads to; null: none. */
function innerIPv4(groups: readonly number[]): string | null {
  const isZero = (from: number, to: number) => groups.slice(from, to).every((group) => group === 0);
  const at = (place: number) => {
    const [high = 0, low = 0] = groups.slice(place, place + 2);
    return [high >> 8, high & 255, low >> 8, low & 255].join('.');
  };
  const isMapped = isZero(0, 5) && groups[5] === 0xffff;
  const isTranslated = isZero(0, 4) && groups[4] === 0xffff && groups[5] === 0;
  const isCompatible = isZero(0, 6) && !(groups[6] === 0 && (groups[7] ?? 0) <= 1);
  const isNat64 = groups[0] === 0x64 && groups[1] === 0xff9b && isZero(2, 6);
  if (isMapped || isTranslated || isCompatible || isNat64) return at(6);
  return groups[0] === 0x2002 ? at(1) : null;
}
