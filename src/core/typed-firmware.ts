import { type FirmwareReading, firmwareForm, MAX_FIRMWARE_STRING, readFirmware } from './firmware.ts';

/** What a person can type, for messages. */
export const TYPED_FIRMWARE_FORMS = '"UPS 09.3 (ID18)", "UPS 9.3 / ID=18", "9.3 ID18" or "ID18 UPS 9.3"';

/** Words before a version. Only `UPS` says what the version belongs to. */
const LABELS = '(?:(?:ups|firmware|revision|version|fw|rev|ver|v)[ .:=]*){0,4}';
const VERSION = String.raw`(?<labels>${LABELS})(?<letter>[a-uw-z]?) ?(?<major>\d{1,2})\.(?<minor>\d)`;
/** The ID needs its name: a bare number beside a version can be anything. */
const ID = String.raw`[(\[]? ?(?:micro-?link )?id[ .:=#-]*(?<id>\d{1,10})(?!\d) ?[)\]]?`;
const BETWEEN = ' ?[,;/|-]? ?';

const FORMS: readonly RegExp[] = [
  new RegExp(`^${VERSION}${BETWEEN}${ID}$`, 'i'),
  new RegExp(`^${ID}${BETWEEN}${VERSION}$`, 'i'),
  // As in the vendor's version table.
  new RegExp(String.raw`^${VERSION} ?\( ?(?<id>\d{1,10}) ?\)$`, 'i'),
  new RegExp(`^${VERSION}$`, 'i'),
];

/**
 * Reads a firmware string that a person typed, or copied from somewhere: any order of version and ID, any
 * spaces, one digit before the point. What a device prints has the result of {@link readFirmware}. A looser
 * text is first written in the form of a unit, which is then `raw`. A text that could mean two things is not
 * readable: an ID without its name (`09.3/18`), a comma for the point, a version with two digits after it.
 * Never throws; the time does not grow with the length.
 */
export function readTypedFirmware(text: string | null): FirmwareReading {
  const strict = readFirmware(text);
  const form = firmwareForm(strict);
  if (text === null || form === 'micro-link' || form === 'ups-link') return strict;
  const written = unitForm(text);
  return written === null ? strict : readFirmware(written);
}

/** The text as a unit would print it; null if it has no form that is clear. */
function unitForm(text: string): string | null {
  if (text.length > MAX_FIRMWARE_STRING * 4) return null;
  const plain = folded(text);
  if (plain.length > MAX_FIRMWARE_STRING) return null;
  const padded = plain.replace(/(?<![\d.])(?=\d\.\d(?![\d.]))/g, '0');
  if (firmwareForm(readFirmware(padded)) === 'micro-link') return padded;
  const found = FORMS.map((form) => form.exec(plain)?.groups).find((groups) => groups !== undefined);
  if (found === undefined) return null;
  const { labels = '', letter = '', major = '', minor = '', id } = found;
  const isNamed = /ups/i.test(labels);
  // A bare version without an ID decides nothing.
  if (id === undefined && !isNamed) return null;
  // A SURT prints `5.1 (ID5)`, and that ID is no Micro-Link ID. Source: docs/sources/snmp.md#firmware-strings
  if (!isNamed && major.length === 1 && id !== undefined && id.length === 1) return null;
  const version = `${letter}${major.padStart(2, '0')}.${minor}`;
  return `UPS ${version}${id === undefined ? '' : ` (ID${id})`}`;
}

/** Full-width characters and dashes as on a plain keyboard, single spaces, no quotes around the text. */
function folded(text: string): string {
  return text
    .replace(/[\uff01-\uff5e]/g, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0))
    .replace(/[\u2010-\u2015\u2212]/g, '-')
    .replace(/[\s\p{Zs}\p{Cf}]+/gu, ' ')
    .replace(/^[ "'`\u2018-\u201f]+|[ "'`\u2018-\u201f]+$/g, '');
}
