import { isIPv6 } from 'node:net';

/** An IPv6 address in the format that a socket reports for a sender; other text unchanged. */
export function canonicalAddress(address: string): string {
  if (!isIPv6(address) || address.includes('%')) return address;
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(canonical);
  if (mapped === null) return canonical;
  // A socket reports an IPv4 address within IPv6 with dots.
  const bytes = mapped.slice(1).flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
  return `::ffff:${bytes.join('.')}`;
}
