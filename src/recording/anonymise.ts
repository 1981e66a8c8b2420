import { isIPv4, isIPv6 } from 'node:net';
import type { Secret } from '../core/index.ts';

/** Kind of an identifier. Its substitute reveals nothing else. */
export type IdentifierKind =
  | 'serial'
  | 'name'
  | 'contact'
  | 'location'
  | 'user'
  | 'address'
  | 'secret'
  | 'mac';

/**
 * Removes what identifies the owner of a device from texts. One identifier always gets the same substitute.
 */
export interface Anonymiser {
  /** Registers a value that is removed from now on, wherever it occurs. Factory values are ignored. */
  register(kind: IdentifierKind, value: string | null | undefined): void;
  /**
   * The text without registered identifiers and without anything in the form of an identifier. Line breaks
   * stay.
   */
  text(text: string): string;
  /** How many different identifiers are registered. */
  readonly count: number;
}

/** Factory values of a card's fields, which identify nobody. */
const FACTORY_VALUES =
  /^(?:unknown|none|n\/a|not available|enabled|disabled|yes|no|on|off|sumx|su|aos|boot|bootmon|apc|readonly|super user|super|administrator|admin|device user|device|read-only user|read-only|network-only user|network-only|ups_iden|0+|-+)$/i;

/** Shorter identifiers occur by accident inside other words, so they are removed only as whole words. */
const MIN_LENGTH_INSIDE_WORDS = 4;
const MAX_IDENTIFIER_LENGTH = 256;
const MAX_LINE_LENGTH = 2000;

/** `AS1532123456`, `ZA1815031283`: two letters or a digit and a letter, then ten digits. */
const SERIAL = /(?<![A-Za-z0-9])[A-Z0-9][A-Z]\d{10}(?![A-Za-z0-9])/g;
const EMAIL = /[^\s@<>"'(),;:]{1,64}@[^\s@<>"'(),;:]{1,190}\.[A-Za-z]{2,24}/g;
/** SSH algorithm names that look like a mail address. */
const ALGORITHM = /^[a-z0-9]+(?:-[a-z0-9]+)+@(?:openssh\.com|libssh\.org)$/;
/** A row of octets: hardware addresses and engine IDs. */
const OCTETS =
  /(?<![A-Za-z0-9])(?:0x)?(?:[0-9A-Fa-f]{2}(?:[:\- ][0-9A-Fa-f]{2}){5,40}|[0-9A-Fa-f]{12,80})(?![A-Za-z0-9])/g;
/** Factory name of a card: the end of its hardware address. */
const OWN_NAME = /(?<![A-Za-z0-9])apc[0-9A-Fa-f]{6}(?![A-Za-z0-9])/gi;
/**
 * Not after a `v`, a dot or an underscore: third-generation versions have four parts too, and OIDs have more.
 */
const IPV4 = /(?<![A-Za-z0-9._])\d{1,3}(?:\.\d{1,3}){3}(?![A-Za-z0-9_]|\.\d)/g;
const IPV6 =
  /(?<![A-Za-z0-9:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?:%[A-Za-z0-9._-]{1,30})?(?![A-Za-z0-9:])/g;

const WITHHELD = '(line withheld)';

export function createAnonymiser(secrets: readonly Secret[] = []): Anonymiser {
  /** Substitutes by identifier in lower case. */
  const known = new Map<string, string>();
  const counts = new Map<string, number>();
  let finder: RegExp | null = null;

  const next = (kind: string): number => {
    const number = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, number);
    return number;
  };
  const remains = (text: string): boolean => {
    finder ??= finderOf([...known.keys()]);
    finder.lastIndex = 0;
    return known.size > 0 && finder.test(text);
  };
  const substitute = (kind: IdentifierKind, value: string): string => {
    const number = next(kind);
    // A substitute that contains another identifier would reveal it.
    const fits = (one: string): boolean => !one.toLowerCase().includes(value.toLowerCase()) && !remains(one);
    const fitting = [shaped(kind, value, number), `${kind}-${number}`, `x${number}`].find(fits);
    return fitting ?? '*';
  };
  const replaced = (kind: IdentifierKind, value: string): string => {
    const present = known.get(keyOf(value));
    if (present !== undefined) return present;
    const made = substitute(kind, value);
    known.set(keyOf(value), made);
    finder = null;
    return made;
  };
  const self: Anonymiser = {
    register(kind, value) {
      const text = plain(value?.trim() ?? '').slice(0, MAX_IDENTIFIER_LENGTH);
      if (text.length < 2 || (kind !== 'secret' && FACTORY_VALUES.test(text))) return;
      replaced(kind, text);
    },
    text(text) {
      return plain(text)
        .split('\n')
        .map((line) => {
          const shapes = byShape(line.slice(0, MAX_LINE_LENGTH), replaced);
          finder ??= finderOf([...known.keys()]);
          const clean = shapes.replace(finder, (found) => known.get(keyOf(found)) ?? '*');
          if (remains(clean)) return WITHHELD;
          // The cut may be inside an identifier, whose beginning would remain.
          return line.length > MAX_LINE_LENGTH
            ? `${clean.slice(0, MAX_LINE_LENGTH - MAX_IDENTIFIER_LENGTH * 2)}…`
            : clean;
        })
        .join('\n');
    },
    get count() {
      return known.size;
    },
  };
  for (const secret of secrets) {
    const value = secret.reveal();
    self.register('secret', value);
    // Text of a card is decoded byte by byte.
    self.register('secret', Buffer.from(value, 'utf8').toString('latin1'));
  }
  return self;
}

/** Printable ASCII only, so that nothing can hide in an identifier. */
function plain(text: string): string {
  return text.replace(/[^\t\n -~]/g, '?');
}

/** The same identifier in another case or spacing has the same key. */
function keyOf(value: string): string {
  return value.toLowerCase().replace(/\s+/g, ' ');
}

/** Finds every registered identifier, longest first, so that a shorter one inside it does not split it. */
function finderOf(identifiers: readonly string[]): RegExp {
  const sorted = [...identifiers].sort((a, b) => b.length - a.length);
  const parts = sorted.map((one) => {
    const escaped = one.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&').replace(/ /g, '\\s+');
    // Repeated spaces are one in the key: an identifier with a space in it may be longer than its key.
    const isShort = one.length < MIN_LENGTH_INSIDE_WORDS && !one.includes(' ');
    return isShort ? `(?<![A-Za-z0-9_])${escaped}(?![A-Za-z0-9_])` : escaped;
  });
  return new RegExp(parts.join('|') || '(?!)', 'gi');
}

type Replace = (kind: IdentifierKind, value: string) => string;

/** Replaces everything in the form of an identifier. */
function byShape(line: string, replace: Replace): string {
  return line
    .replace(EMAIL, (found) => (ALGORITHM.test(found) ? found : replace('contact', found)))
    .replace(OCTETS, (found) => replace('mac', found))
    .replace(SERIAL, (found) => replace('serial', found))
    .replace(OWN_NAME, (found) => replace('name', found))
    .replace(IPV6, (found) => (isIPv6(found) && found !== '::' ? replace('address', found) : found))
    .replace(IPV4, (found) => (isIPv4(found) && !isNoHost(found) ? replace('address', found) : found));
}

/** Netmasks and the unspecified address. */
function isNoHost(address: string): boolean {
  return address.startsWith('255.') || address === '0.0.0.0';
}

/** A substitute in the same form, because a parser may read it. */
function shaped(kind: IdentifierKind, value: string, number: number): string {
  if (kind === 'serial') {
    const letters = /^[A-Z0-9][A-Z]/.exec(value)?.[0] ?? 'XX';
    return `${letters}${String(number).padStart(Math.max(value.length - letters.length, 4), '0')}`;
  }
  // Addresses reserved for documentation.
  if (kind === 'address' && isIPv4(value)) return `192.0.2.${((number - 1) % 254) + 1}`;
  if (kind === 'address' && isIPv6(value.replace(/%.*$/, ''))) return `2001:db8::${number.toString(16)}`;
  if (kind === 'mac') return value.replace(/[0-9A-Fa-f](?!x)/g, '0').slice(0, -1) + String(number % 10);
  return `${kind}-${number}`;
}
