/**
 * What people and spreadsheets write around an address or a serial number. Only what leaves one meaning is
 * removed: two addresses in one field stay two.
 */

/** Far above any address with a remark. */
const LONGEST_ADDRESS = 500;
/** Invisible characters that a copy from a web page brings along. */
const INVISIBLE = /\p{Cf}/gu;
const REMARK = /\s*\([^()]*\)$/;
/** A prefix length or a mask with a space before it: `192.0.2.1 /24`, `192.0.2.1 255.255.255.0`. */
const SPACED_MASK = /^(\d+\.\d+\.\d+\.\d+)\s+(?:\/\s*(?=\d)|(?=255\.))([\d.]+)$/;

/** An address without a remark in brackets and marks around it. */
export function plainAddress(text: string): string {
  if (text.length > LONGEST_ADDRESS) return text;
  const bare = text
    .replace(INVISIBLE, '')
    .trim()
    .replace(REMARK, '')
    .replace(/^<(.*)>$/, '$1')
    .replace(/[*,;]$/, '');
  return bare.replace(SPACED_MASK, '$1/$2');
}

const LONGEST_SERIAL = 100;
const LABEL = /^(?:s\/?n|serial(?: ?(?:no|nr|number))?)[ .:#]+(?=\S)/i;
/** Serial numbers of APC: two letters or digits, year, week, day and a running number. */
const APC_SERIAL = /^[A-Z0-9]{2}\d{10}$/i;

/** A serial number without the label before it, and without spaces inside one of APC. */
export function plainSerial(text: string): string {
  if (text.length > LONGEST_SERIAL) return text.trim();
  const bare = text.replace(INVISIBLE, '').trim().replace(LABEL, '');
  const joined = bare.replaceAll(/[ -]/g, '');
  return APC_SERIAL.test(joined) ? joined : bare;
}
