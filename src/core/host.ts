import ipaddr from 'ipaddr.js';

/** A host as entered: the address or name to use, or why it is neither and what to write. */
export type HostReading =
  | { readonly ok: true; readonly host: string }
  | { readonly ok: false; readonly why: string };

const MAX_NAME_LENGTH = 253;
const LABEL = /^[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/;
/**
 * Forms that some resolvers read as a number: decimal, hexadecimal, and the exponent form of spreadsheets.
 */
const NUMERIC_LABEL = /^(?:\d+|0x[0-9a-f]*|\d+e[+-]?\d+)$/i;
const ZONE = /^[A-Za-z0-9._-]{1,64}$/;

/**
 * Reads an address or a host name and removes the brackets of `[2001:db8::1]`. Numeric text must be an IPv4
 * address with four decimal parts: resolvers disagree on `10.0.300`, `0x7f.1` and `010.1.1.1`, and may find
 * another device. `why` continues a sentence about the text. It never repeats the text, which may be a
 * misplaced secret.
 */
export function readHost(text: string): HostReading {
  if (text === '') return invalid('is empty');
  if (/\s/.test(text)) return invalid('contains a space: write one address or one host name');
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text))
    return invalid('is a URL: write only its host, such as 192.0.2.10');
  if (text.includes('/'))
    return invalid('contains a slash: write one address without a prefix, such as 192.0.2.10');
  if (text.startsWith('[') || text.includes(':')) return readIpv6(text);
  if (
    text
      .replace(/\.$/, '')
      .split('.')
      .every((label) => NUMERIC_LABEL.test(label))
  )
    return readIpv4(text);
  return readName(text);
}

/** A host and port in messages: `10.0.0.1:161`, `[2001:db8::1]:161`. */
export function serviceName({ host, port }: { readonly host: string; readonly port: number }): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function invalid(why: string): HostReading {
  return { ok: false, why };
}

function readIpv6(text: string): HostReading {
  const bracketed = /^\[([^[\]]*)\](:\d+)?$/.exec(text);
  if (bracketed?.[2] !== undefined || /^[^:]*:\d{1,5}$/.test(text)) {
    return invalid('contains a port: write only the host, and the port as ports: { snmp: 161 }');
  }
  const host = bracketed?.[1] ?? text;
  const [address = '', zone, ...more] = host.split('%');
  if (!address.includes(':') || !ipaddr.IPv6.isValid(address)) {
    return invalid('is not a valid IPv6 address: write it like 2001:db8::10');
  }
  if (more.length > 0 || (zone !== undefined && !ZONE.test(zone))) {
    return invalid('has a zone that is not an interface name: write it like fe80::1%eth0');
  }
  return unicastHost(ipaddr.IPv6.parse(address).range(), host);
}

function readIpv4(text: string): HostReading {
  const parts = text.split('.');
  if (parts.some((part) => !/^\d+$/.test(part))) {
    return invalid('is a number in another notation: write four decimal numbers, such as 192.0.2.10');
  }
  if (parts.length !== 4)
    return invalid('is not a valid IPv4 address: write four numbers, such as 192.0.2.10');
  if (parts.some((part) => /^0\d/.test(part))) {
    return invalid('has a number with a leading zero, which some systems read as octal: remove the zero');
  }
  if (parts.some((part) => part.length > 3 || Number(part) > 255)) {
    return invalid('is not a valid IPv4 address: each of the four numbers is at most 255');
  }
  return unicastHost(ipaddr.IPv4.parse(text).range(), text);
}

function unicastHost(range: string, host: string): HostReading {
  const isNone = range === 'multicast' || range === 'broadcast' || range === 'unspecified';
  return isNone ? invalid(`is a ${range} address: write the address of one device`) : { ok: true, host };
}

function readName(text: string): HostReading {
  if (text.length > MAX_NAME_LENGTH) {
    return invalid(`has ${text.length} characters: a host name has at most ${MAX_NAME_LENGTH}`);
  }
  // A trailing dot makes the name absolute.
  const labels = text.replace(/\.$/, '').split('.');
  if (labels.some((label) => label === ''))
    return invalid('has an empty part: write one dot between two parts');
  const long = labels.find((label) => label.length > 63);
  if (long !== undefined)
    return invalid(`has a part of ${long.length} characters: at most 63 are allowed between two dots`);
  if (labels.every((label) => LABEL.test(label))) return { ok: true, host: text };
  return invalid(
    'is neither an address nor a host name: a name consists of letters, digits, dots, dashes and underscores',
  );
}
