/** The host by which this machine reaches an address that is listened on, as a URL spells it. */
export function reachableHost(host: string): string {
  const plain = host.replace(/^\[(.*)\]$/, '$1');
  if (plain === '0.0.0.0') return '127.0.0.1';
  if (plain === '::') return '[::1]';
  return plain.includes(':') ? `[${plain}]` : plain;
}
