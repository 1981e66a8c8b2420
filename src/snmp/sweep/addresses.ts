import { isIPv4, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';
import { Problem, readHost, sanitize } from '../../core/index.ts';
import { canonicalAddress } from '../client/canonical-address.ts';

/** Addresses from `first` to `last`, both included. IPv4 addresses are numbers below 2^32. */
interface Span {
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
}

/**
 * Addresses of a sweep in ascending order, without duplicates. A million of them need no more memory than
 * two.
 */
export interface AddressList {
  readonly count: number;
  /** The address at an index, in the format of a socket. */
  at(index: number): string;
  /** The index of an address; -1 if it is not in the list. */
  indexOf(address: string): number;
}

/** The ranges of a sweep: addresses, and host names that have to be resolved first. */
export interface ReadRanges {
  readonly spans: readonly Span[];
  readonly names: readonly string[];
}

/** A /12. A larger sweep would take too long. */
const MAX_ADDRESSES = 2n ** 20n;
/** IPv4 blocks that hold no single device: this network, multicast, reserved and broadcast. */
const FORBIDDEN: readonly (readonly [string, string])[] = [
  ['0.0.0.0', '0.255.255.255'],
  ['224.0.0.0', '255.255.255.255'],
];
const HINT =
  'A range is an address, a block like 10.1.0.0/24, a span like 10.1.0.10-10.1.0.99 (or 10.1.0.10-99), or a host name.';

/**
 * Reads ranges such as `10.1.0.0/16`, `10.1.0.10-10.1.2.5`, `10.1.0.10-99`, `2001:db8::10`, `fe80::1%eth0` or
 * a host name. The network and broadcast addresses of an IPv4 block are left out. Throws Problem
 * config/usage.
 */
export function readRanges(inputs: readonly string[]): ReadRanges {
  const spans: Span[] = [];
  const names: string[] = [];
  for (const input of inputs) {
    const text = input.replace(/^\[([^[\]]*)\]$/, '$1');
    const span = readBlock(text) ?? readSpan(text) ?? readOne(text);
    if (span !== null) spans.push(allowed(span, text));
    // An address with a zone (`fe80::1%eth0`) cannot be the end of a range. The resolver accepts it as it is.
    else names.push(nameOf(text));
  }
  return { spans, names };
}

function nameOf(text: string): string {
  const read = readHost(text);
  if (read.ok) return read.host;
  throw invalid(text, `is not a valid range: it ${read.why}`);
}

function invalid(text: string, why: string): Problem {
  return new Problem('config/usage', `"${sanitize(text, 80)}" ${why}.`, { hint: HINT });
}

function readOne(text: string): Span | null {
  const value = numberOf(text);
  return value === null ? null : { ...value, last: value.first };
}

function readBlock(text: string): Span | null {
  const found = /^([0-9A-Fa-f:.]+)\/(\d{1,3})$/.exec(text);
  const base = numberOf(found?.[1] ?? '');
  if (found === null || base === null) return null;
  const bits = base.family === 4 ? 32 : 128;
  const prefix = Number(found[2]);
  if (prefix > bits)
    throw invalid(text, `is not a valid block: an IPv${base.family} prefix has at most ${bits} bits`);
  const size = 1n << BigInt(bits - prefix);
  const first = (base.first / size) * size;
  const last = first + size - 1n;
  const hasEnds = base.family === 4 && prefix < 31;
  return hasEnds ? { family: 4, first: first + 1n, last: last - 1n } : { family: base.family, first, last };
}

function readSpan(text: string): Span | null {
  const found = /^([0-9A-Fa-f:.]+)-([0-9A-Fa-f:.]+)$/.exec(text);
  const from = numberOf(found?.[1] ?? '');
  if (found === null || from === null) return null;
  const end = found[2] ?? '';
  // `10.1.0.10-99` gives only the last octet of the end.
  const to = numberOf(
    /^\d{1,3}$/.test(end) && from.family === 4 ? (found[1] ?? '').replace(/\d+$/, end) : end,
  );
  if (to === null || to.family !== from.family)
    throw invalid(text, 'does not end in an address of the same family');
  if (to.first < from.first) throw invalid(text, 'ends before it begins');
  return { family: from.family, first: from.first, last: to.first };
}

function allowed(span: Span, text: string): Span {
  if (span.family === 6) {
    if (ipaddr.fromByteArray(bytesOf(span.first, 16)).range() === 'multicast')
      throw invalid(text, 'is multicast');
    return span;
  }
  for (const [from, to] of FORBIDDEN) {
    const first = numberOf(from)?.first ?? 0n;
    const last = numberOf(to)?.first ?? 0n;
    if (span.first <= last && span.last >= first)
      throw invalid(text, `includes addresses of ${from}-${to}, which belong to no single device`);
  }
  return span;
}

function numberOf(address: string): { readonly family: 4 | 6; readonly first: bigint } | null {
  if (isIPv4(address))
    return {
      family: 4,
      first: BigInt(address.split('.').reduce((value, byte) => value * 256 + Number(byte), 0)),
    };
  if (!isIPv6(address) || address.includes('%')) return null;
  const bytes = ipaddr.parse(address).toByteArray();
  return { family: 6, first: bytes.reduce((value, byte) => value * 256n + BigInt(byte), 0n) };
}

function bytesOf(value: bigint, length: 4 | 16): number[] {
  return Array.from({ length }, (_, index) => Number((value >> BigInt((length - 1 - index) * 8)) & 255n));
}

function formatAddress(family: 4 | 6, value: bigint): string {
  if (family === 6) return canonicalAddress(ipaddr.fromByteArray(bytesOf(value, 16)).toString());
  const bits = Number(value);
  return `${bits >>> 24}.${(bits >>> 16) & 255}.${(bits >>> 8) & 255}.${bits & 255}`;
}

/**
 * The addresses of some ranges without those of others. `singles` are addresses that cannot be in a range,
 * such as those with a zone. Throws Problem config/usage for more than 2^20 addresses.
 */
export function listAddresses(
  wanted: readonly Span[],
  excluded: readonly Span[],
  singles: readonly string[] = [],
): AddressList {
  const spans = without(merged(wanted), merged(excluded));
  const total = spans.reduce((sum, span) => sum + span.last - span.first + 1n, 0n);
  if (total > MAX_ADDRESSES) {
    throw new Problem('config/usage', `The ranges hold ${total} addresses, more than ${MAX_ADDRESSES}.`, {
      hint: 'Sweep smaller ranges one after the other. For an IPv6 network give single addresses or a small block.',
    });
  }
  const offsets: number[] = [];
  let count = 0;
  for (const span of spans) {
    offsets.push(count);
    count += Number(span.last - span.first + 1n);
  }
  const zoned = [...new Set(singles)];
  return {
    count: count + zoned.length,
    at(index) {
      if (index >= count) return zoned[index - count] ?? '';
      const place = lastIndexWhere(offsets, (offset) => offset <= index);
      const span = spans[place];
      return span === undefined
        ? ''
        : formatAddress(span.family, span.first + BigInt(index - (offsets[place] ?? 0)));
    },
    indexOf(address) {
      const value = numberOf(address);
      if (value === null) {
        const place = zoned.indexOf(address);
        return place === -1 ? -1 : count + place;
      }
      const place = lastIndexWhere(spans, ({ family, first }) =>
        family === value.family ? first <= value.first : family < value.family,
      );
      const span = spans[place];
      const inside = span !== undefined && span.family === value.family && value.first <= span.last;
      return inside ? (offsets[place] ?? 0) + Number(value.first - span.first) : -1;
    },
  };
}

/**
 * The last index of a list where `holds` is true; it must be true up to some index and false after it. -1 if
 * never.
 */
function lastIndexWhere<T>(row: readonly T[], holds: (value: T) => boolean): number {
  let low = -1;
  let high = row.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const value = row[middle];
    if (value !== undefined && holds(value)) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Sorted, with adjacent ranges joined. */
function merged(spans: readonly Span[]): readonly Span[] {
  const sorted = [...spans].sort((a, b) => a.family - b.family || (a.first < b.first ? -1 : 1));
  const joined: Span[] = [];
  for (const span of sorted) {
    const before = joined.at(-1);
    if (before !== undefined && before.family === span.family && span.first <= before.last + 1n)
      joined[joined.length - 1] = { ...before, last: before.last > span.last ? before.last : span.last };
    else joined.push(span);
  }
  return joined;
}

function without(spans: readonly Span[], exclusions: readonly Span[]): readonly Span[] {
  return spans.flatMap((span) => {
    const kept: Span[] = [];
    let { first } = span;
    for (const exclusion of exclusions) {
      if (exclusion.family !== span.family || exclusion.last < first || exclusion.first > span.last) continue;
      if (exclusion.first > first) kept.push({ ...span, first, last: exclusion.first - 1n });
      first = exclusion.last + 1n;
    }
    if (first <= span.last) kept.push({ ...span, first });
    return kept;
  });
}
