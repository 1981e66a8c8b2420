/** Names of files and folders that people have in an images folder. Only names: nothing is opened here. */

/** Kinds of files that are not read, and what a listing says about them. */
export const OTHER_KINDS = {
  unfinished: 'unfinished downloads: start them again',
  renamed: 'firmware under another extension: give these files the name of the vendor',
  archive: 'archives and programs: upsfw unpacks and runs nothing, so unpack what contains firmware',
  language: 'language packs for cards: not sent',
  notes: 'release notes and other texts: not read',
  folder: 'folders: not read, except the folder Bins of a package',
  other: 'other files: not read',
} as const;

export type OtherKind = keyof typeof OTHER_KINDS;

/** `system`: created by an operating system or for its own use, and not worth a word. */
export type NameKind = 'image' | 'card' | 'package' | 'system' | Exclude<OtherKind, 'folder'>;

const SYSTEM_NAMES: ReadonlySet<string> = new Set([
  'thumbs.db',
  'ehthumbs.db',
  'desktop.ini',
  'icon\r',
  '__macosx',
  '$recycle.bin',
  'recycler',
  'lost+found',
  'system volume information',
]);

const IMAGE = /\.enc$/i;
const CARD = /\.(?:bin|nmc3?)$/i;
const ARCHIVE = /\.(?:exe|zip|7z|rar|msi|cab|iso|img|dmg|tar|gz|tgz|xz|bz2|dll|bat|ps1|sh|py)$/i;
const PACKAGE_FORMAT = /\.(?:exe|zip|7z)$/i;
const UNFINISHED = /\.(?:crdownload|part|partial|download|opdownload|filepart|aria2|tmp)$/i;
const NOTES =
  /\.(?:txt|md|pdf|rtf|docx?|odt|html?|mht|ini|cfg|log|csv|json|xml|ya?ml|sha1|sha256|md5|asc|sig|url)$/i;
const LANGUAGE = /\.lpk$/i;
/** `NAME.enc.txt`, `NAME.enc_`, and a vendor's name without its extension. */
const RENAMED =
  /\.(?:enc|bin|nmc3)(?:[._-][a-z0-9_]{0,12})$|^apc_hw\d\d_[a-z][a-z0-9]*_v?\d[\d.-]*$|[a-z]\d{1,5}UPS[ _-]?[a-z]?\d\d[-_.]\d$/i;
const CHECKSUMS = /\.(?:sha\d{1,3}|md5|asc|sig)(?:\.txt)?$/i;

/**
 * Names of packages with firmware for cards: `apc_hw05_aos722_sumx722_bootmon109.exe`, `APC_SUMX_722_EN.zip`,
 * `SFSUMX722.zip`, and names in free text.
 * Source: docs/sources/card.md#packages-of-card-firmware
 */
const PACKAGE = /^apc_hw\d|^apc_[a-z][a-z0-9]{1,9}_\d|^sf[a-z]{2,9}\d|smart[-_ ]?ups|sumx|nmc/i;
/** Programs of the vendor that contain no firmware for cards. */
const PROGRAM = /wizard|utility|tool|setup|powerchute|shutdown|configur/i;

/** The kind of a file by its name. */
export function kindOfName(name: string): NameKind {
  const plain = vendorName(name);
  if (name.startsWith('._') || SYSTEM_NAMES.has(name.toLowerCase())) return 'system';
  if (IMAGE.test(name)) return 'image';
  if (CARD.test(plain)) return 'card';
  // The rest of the hidden files, such as a download of upsfw itself.
  if (name.startsWith('.') || name.startsWith('~$')) return 'system';
  if (PACKAGE_FORMAT.test(plain) && PACKAGE.test(plain) && !PROGRAM.test(plain)) return 'package';
  if (UNFINISHED.test(name)) return 'unfinished';
  if (CHECKSUMS.test(name)) return 'notes';
  // `NAME.enc.zip` is to be unpacked, not renamed.
  if (ARCHIVE.test(name)) return 'archive';
  if (RENAMED.test(plain) || IMAGE.test(plain)) return 'renamed';
  if (LANGUAGE.test(name)) return 'language';
  return NOTES.test(name) ? 'notes' : 'other';
}

/**
 * Whether a folder holds the files of one package by its name: `Bins`, or the name of the package, in which
 * unpacking may leave the files without `Bins`.
 */
export function isPackageFolder(name: string): boolean {
  return /^(?:bins$|apc_hw\d\d_)/i.test(name);
}

/** What browsers and file managers add to the name of a second copy. */
const COPY_MARK =
  /(?: ?\(\d{1,3}\)|(?: -)? (?:copy|kopie|copie|copia|kopia|kopi)(?: \d{1,3}| \(\d{1,3}\))?)$/i;
const COPY_PREFIX = /^(?:copy|kopie|copie|copia|kopia)(?: \(\d{1,3}\))? (?:of|von|de|di) /i;
const LONGEST_NAME = 255;

/**
 * The name that the vendor gave to a file: without marks of a copy, and without the spaces that people and
 * downloads add. Equal to the name if it has neither.
 */
export function vendorName(name: string): string {
  if (name.length > LONGEST_NAME) return name;
  const spaced = withoutCopyMark(name.replaceAll('%20', ' ').trim());
  const dot = spaced.lastIndexOf('.');
  const stem = dot > 0 ? spaced.slice(0, dot) : spaced;
  const extension = dot > 0 ? spaced.slice(dot) : '';
  return `${withoutCopyMark(stem)}${extension}`.replaceAll(/ +/g, '_');
}

function withoutCopyMark(text: string): string {
  let plain = text.replace(COPY_PREFIX, '');
  // A copy of a copy has two marks; more are not worth a loop without a limit.
  for (let round = 0; round < 3; round += 1) plain = plain.replace(COPY_MARK, '').trim();
  return plain;
}
