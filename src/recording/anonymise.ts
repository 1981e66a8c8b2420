import { isIPv4, isIPv6 } from 'node:net';
import type { Secret } from '../core/index.ts';

/** What an identifier stands for; its substitute says no more than that. */
export type IdentifierKind =
  | 'serial'
  | 'name'
  | 'contact'
  | 'location'
  | 'user'
  | 'address'
  | 'secret'
  | 'mac';

/** Takes out of texts what tells whose device it was. One identifier always becomes the same substitute. */
export interface Anonymiser {
  /** From now on this is taken out wherever it stands. Words that say nothing of anybody are left alone. */
  know(kind: IdentifierKind, value: string | null | undefined): void;
  /** The text without anything that is known or has the shape of an identifier. Lines stay lines. */
  text(text: string): string;
  /** How many different identifiers were taken out so far. */
  readonly count: number;
}

/** Values of a card's fields that are no name of anybody's: what every card has from the factory. */
const NOBODY =
  /^(?:unknown|none|n\/a|not available|enabled|disabled|yes|no|on|off|sumx|su|aos|boot|bootmon|apc|readonly|super user|super|administrator|admin|device user|device|read-only user|read-only|network-only user|network-only|ups_iden|0+|-+)$/i;

/** Shorter ones stand in too many words by accident; they are taken out only as words of their own. */
const SHORTEST_INSIDE = 4;
const LONGEST_IDENTIFIER = 256;
const LONGEST_LINE = 2000;

/** `AS1532123456`, `ZA1815031283`: two letters or a digit and a letter, then ten digits. */
const SERIAL = /(?<![A-Za-z0-9])[A-Z0-9][A-Z]\d{10}(?![A-Za-z0-9])/g;
const EMAIL = /[^\s@<>"'(),;:]{1,64}@[^\s@<>"'(),;:]{1,190}\.[A-Za-z]{2,24}/g;
/** Names of SSH algorithms that are written like an address of mail. */
const ALGORITHM = /^[a-z0-9]+(?:-[a-z0-9]+)+@(?:openssh\.com|libssh\.org)$/;
/** Octets in a row, as addresses of hardware and engine ids are written. */
const OCTETS =
  /(?<![A-Za-z0-9])(?:0x)?(?:[0-9A-Fa-f]{2}(?:[:\- ][0-9A-Fa-f]{2}){5,40}|[0-9A-Fa-f]{12,80})(?![A-Za-z0-9])/g;
/** A card's own name after delivery: the end of its hardware address. */
const OWN_NAME = /(?<![A-Za-z0-9])apc[0-9A-Fa-f]{6}(?![A-Za-z0-9])/gi;
/** Not behind a `v`, a dot or an underscore: versions of the third generation have four parts too, and OIDs have more. */
const IPV4 = /(?<![A-Za-z0-9._])\d{1,3}(?:\.\d{1,3}){3}(?![A-Za-z0-9_]|\.\d)/g;
const IPV6 =
  /(?<![A-Za-z0-9:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?:%[A-Za-z0-9._-]{1,30})?(?![A-Za-z0-9:])/g;

const WITHHELD = '(line withheld)';

export function createAnonymiser(secrets: readonly Secret[] = []): Anonymiser {
  /** Substitutes by identifier in small letters. */
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
    // A substitute in which another identifier stands would give that away again.
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
    know(kind, value) {
      const text = plain(value?.trim() ?? '').slice(0, LONGEST_IDENTIFIER);
      if (text.length < 2 || (kind !== 'secret' && NOBODY.test(text))) return;
      replaced(kind, text);
    },
    text(text) {
      return plain(text)
        .split('\n')
        .map((line) => {
          const shapes = byShape(line.slice(0, LONGEST_LINE), replaced);
          finder ??= finderOf([...known.keys()]);
          const clean = shapes.replace(finder, (found) => known.get(keyOf(found)) ?? '*');
          if (remains(clean)) return WITHHELD;
          // What was cut off may have cut an identifier, of which the begin would still stand there.
          return line.length > LONGEST_LINE
            ? `${clean.slice(0, LONGEST_LINE - LONGEST_IDENTIFIER * 2)}…`
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
    self.know('secret', value);
    // A card's text is read byte by byte.
    self.know('secret', Buffer.from(value, 'utf8').toString('latin1'));
  }
  return self;
}

/** Only what any terminal shows: nothing hides in an identifier. */
function plain(text: string): string {
  return text.replace(/[^\t\n -~]/g, '?');
}

/** However an identifier is written and spaced, it is the same one. */
function keyOf(value: string): string {
  return value.toLowerCase().replace(/\s+/g, ' ');
}

/** Finds every known identifier, the longest first, so that none is cut by one that stands in it. */
function finderOf(identifiers: readonly string[]): RegExp {
  const sorted = [...identifiers].sort((a, b) => b.length - a.length);
  const parts = sorted.map((one) => {
    const escaped = one.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&').replace(/ /g, '\\s+');
    return one.length < SHORTEST_INSIDE ? `(?<![A-Za-z0-9_])${escaped}(?![A-Za-z0-9_])` : escaped;
  });
  return new RegExp(parts.join('|') || '(?!)', 'gi');
}

type Replace = (kind: IdentifierKind, value: string) => string;

/** What has the shape of an identifier, whoever it belongs to. */
function byShape(line: string, replace: Replace): string {
  return line
    .replace(EMAIL, (found) => (ALGORITHM.test(found) ? found : replace('contact', found)))
    .replace(OCTETS, (found) => replace('mac', found))
    .replace(SERIAL, (found) => replace('serial', found))
    .replace(OWN_NAME, (found) => replace('name', found))
    .replace(IPV6, (found) => (isIPv6(found) && found !== '::' ? replace('address', found) : found))
    .replace(IPV4, (found) => (isIPv4(found) && !isNoHost(found) ? replace('address', found) : found));
}

/** Masks and the addresses of nobody. */
function isNoHost(address: string): boolean {
  return address.startsWith('255.') || address === '0.0.0.0';
}

/** A substitute that still reads like what it stands for, where a parser may look at it. */
function shaped(kind: IdentifierKind, value: string, number: number): string {
  if (kind === 'serial') {
    const letters = /^[A-Z0-9][A-Z]/.exec(value)?.[0] ?? 'XX';
    return `${letters}${String(number).padStart(Math.max(value.length - letters.length, 4), '0')}`;
  }
  // Addresses that are kept for documents.
  if (kind === 'address' && isIPv4(value)) return `192.0.2.${((number - 1) % 254) + 1}`;
  if (kind === 'address' && isIPv6(value.replace(/%.*$/, ''))) return `2001:db8::${number.toString(16)}`;
  if (kind === 'mac') return value.replace(/[0-9A-Fa-f](?!x)/g, '0').slice(0, -1) + String(number % 10);
  return `${kind}-${number}`;
}
