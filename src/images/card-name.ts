import {
  applicationProduct,
  type CardFile,
  type CardPart,
  type ImageProblem,
  sanitize,
} from '../core/index.ts';
import { kindOfName, vendorName } from './names.ts';

/** True for firmware of a card and its packages, by name. */
export function isCardName(file: string): boolean {
  const kind = kindOfName(file);
  return kind === 'card' || kind === 'package';
}

/**
 * Applications for a UPS: `sumx` and `su` for a Smart-UPS, `sy` for a Symmetra.
 * Source: docs/sources/card.md#platforms-and-applications
 */
const UPS_APPLICATIONS: readonly string[] = ['sumx', 'su', 'sy'];

/** Platforms of firmware files, by generation. Source: docs/sources/card.md#platforms-and-applications */
const FIRST_GENERATION: readonly string[] = ['hw02'];
const SECOND_GENERATION: readonly string[] = ['hw05', 'hw06'];
const THIRD_GENERATION: readonly string[] = ['hw21'];

/**
 * `apc_hw05_sumx_722.bin`, `apc_hw21_su_2-5-5-1.nmc3`, and `.nmc` for the boot monitor. The places of a
 * version are digits alone, or separated by dots or hyphens.
 * Source: docs/sources/card.md#firmware-of-the-card
 */
const MODULE = /^apc_(hw\d\d)_([a-z][a-z0-9]{0,19})_v?([0-9][0-9a-z.-]{0,30})\.(bin|nmc3|nmc)$/i;

/** Three digits are three places; any other number of digits is ambiguous. */
const THREE_DIGITS = /^(\d)(\d)(\d)$/;
const PLACES = /^\d{1,4}(?:\.\d{1,4}){2,4}$|^\d{1,4}(?:-\d{1,4}){2,4}$/;

function versionOf(text: string): string | null {
  const digits = THREE_DIGITS.exec(text);
  if (digits !== null) return digits.slice(1).join('.');
  return PLACES.test(text) ? text.replaceAll('-', '.') : null;
}

export type CardClaims = Pick<CardFile, 'platform' | 'part' | 'app' | 'version'>;
const NOTHING: CardClaims = { platform: null, part: null, app: null, version: null };

/** What a name states, and why a file of that name is not sent; null if it may be sent. */
interface NameReading {
  readonly claims: CardClaims;
  readonly problem: ImageProblem | null;
}

/** What the name of a card file states. `why`: why such a file is not used; null if it may be used. */
export function readCardName(file: string): { readonly claims: CardClaims; readonly why: string | null } {
  const { claims, problem } = cardNameProblem(file);
  return { claims, why: problem?.message ?? null };
}

export function cardNameProblem(file: string): NameReading {
  const kind = kindOfName(file);
  if (kind === 'package') return readPackageName(file);
  if (kind === 'archive') return { claims: NOTHING, problem: { code: 'image/package', message: ARCHIVE } };
  const vendor = vendorName(file);
  const reading = readVendorName(vendor);
  if (reading.problem !== null || vendor === file) return reading;
  const message = `This name is not the one of the vendor, so the file is not used. If it is the file that you need, rename it to ${vendor}; otherwise remove it.`;
  return { claims: reading.claims, problem: { code: 'image/renamed', message } };
}

function readVendorName(name: string): NameReading {
  const found = MODULE.exec(name);
  if (found === null) return { claims: NOTHING, problem: unclear(withoutParts(name)) };
  const [platform = '', word = '', number = '', extension = ''] = found
    .slice(1)
    .map((text) => text.toLowerCase());
  const isWhole = extension !== 'bin';
  const app = UPS_APPLICATIONS.includes(word) ? word : null;
  const part = isWhole ? (app === null ? null : 'card') : partOf(word, app);
  // Four places need separators, so three bare digits are not the version of a whole file.
  const version = isWhole && THREE_DIGITS.test(number) ? null : versionOf(number);
  const claims: CardClaims = { platform, part, app, version };
  const other = otherCard(platform, word, extension);
  if (other !== null) return { claims, problem: { code: 'image/other-card', message: other } };
  if (isWhole && !THIRD_GENERATION.includes(platform))
    return {
      claims,
      problem: unclear(`No update of platform ${platform} with a single .${extension} file is documented.`),
    };
  if (part === null) return { claims, problem: unclear(`"${word}" is not a part of a UPS card.`) };
  if (version === null)
    return { claims, problem: unclear(`The version "${number}" in the name is ambiguous.`) };
  return { claims, problem: extension === 'nmc' ? CONSOLE_FORM : null };
}

/** Source: docs/sources/card.md#boot-monitor */
const CONSOLE_FORM: ImageProblem = {
  code: 'image/console-form',
  message:
    'This form is for the boot monitor of the card, over its serial port (XMODEM). It is never uploaded; the network takes the .nmc3 file of the package.',
};

const MODULES: readonly string[] = ['aos', 'bootmon', 'boot'];

function partOf(word: string, app: string | null): CardPart | null {
  if (word === 'bootmon') return 'card-boot';
  if (word === 'aos') return 'card-os';
  return app === null ? null : 'card-app';
}

/** Why a complete name is for no card of a Smart-UPS that upsfw updates; null if it may be for one. */
function otherCard(platform: string, word: string, extension: string): string | null {
  if (!UPS_APPLICATIONS.includes(word) && !MODULES.includes(word))
    return `This is ${ofProduct(word)}, so it is left alone.`;
  if (FIRST_GENERATION.includes(platform))
    return `This is for an NMC1 card (${platform}). upsfw updates no such card, so the file is left alone.`;
  if (THIRD_GENERATION.includes(platform) && extension === 'bin')
    return 'This is one module of an NMC3 card, under the name in its file list. Such a card is updated with one .nmc3 file, so this file is left alone.';
  return [...SECOND_GENERATION, ...THIRD_GENERATION].includes(platform)
    ? null
    : `upsfw knows no card with platform ${platform}, so the file is left alone.`;
}

function ofProduct(app: string): string {
  const product = applicationProduct(app);
  return product === null
    ? `the application "${app}", which is not one for a Smart-UPS`
    : `the application of another product (${product.name})`;
}

function unclear(message: string): ImageProblem {
  return { code: 'image/name', message };
}

function withoutParts(name: string): string {
  const example = /\.nmc3?$/i.test(name) ? 'apc_hw21_su_2.5.0.8.nmc3' : 'apc_hw05_sumx_696.bin';
  return `The name does not contain platform, part and version, unlike ${example}.`;
}

/** The parts that a package names, such as `sumx` with version 7.2.2; its platform, if it names one. */
interface PackageContent {
  readonly platform: string | null;
  readonly parts: readonly { readonly name: string; readonly version: string | null }[];
}

/** Source: docs/sources/card.md#packages-of-card-firmware */
function packageContent(file: string): PackageContent {
  const stem = vendorName(file)
    .replace(/\.[a-z0-9]{1,4}$/i, '')
    .toLowerCase();
  const [first, second, ...words] = stem.split('_').slice(0, 12);
  if (first === 'apc' && second !== undefined && /^hw\d\d$/.test(second))
    return { platform: second, parts: partsOf(words) };
  const named = /^apc_([a-z][a-z0-9]{1,9})_(\d[\d.-]{0,20})/.exec(stem);
  // `SFSUMX722`: the order number of the vendor.
  const [, name, number = ''] = named ?? /^sf([a-z]{2,9}?)(\d{3})$/.exec(stem) ?? [];
  return { platform: null, parts: name === undefined ? [] : [{ name, version: versionOf(number) }] };
}

/** `aos722`, `sumx722`; or a name and its version as two words, `su` and `2-5-5-1`. */
function partsOf(words: readonly string[]): PackageContent['parts'] {
  return words.flatMap((word, index) => {
    const [, name, digits] = /^([a-z][a-z0-9]{0,19}?)(\d{3})$/.exec(word) ?? [];
    if (name !== undefined && digits !== undefined) return [{ name, version: versionOf(digits) }];
    const version = versionOf(words[index + 1] ?? '');
    return /^[a-z]/.test(word) && version !== null ? [{ name: word, version }] : [];
  });
}

function readPackageName(file: string): NameReading {
  const { platform, parts } = packageContent(file);
  const app = parts.find(({ name }) => !MODULES.includes(name)) ?? null;
  const claims: CardClaims = {
    platform,
    part: null,
    app: app?.name ?? null,
    version: app?.version ?? parts.find(({ name }) => name === 'aos')?.version ?? null,
  };
  const isForUps = app === null || UPS_APPLICATIONS.includes(app.name);
  if (!isForUps || (platform !== null && FIRST_GENERATION.includes(platform))) {
    const what = isForUps ? `for an NMC1 card (${platform})` : `with ${ofProduct(app?.name ?? '')}`;
    const message = `This is a package of the vendor ${what}, so it is left alone.`;
    return { claims, problem: { code: 'image/other-card', message } };
  }
  const content = [platform ?? '', ...parts.map(({ name, version }) => `${name} ${version ?? ''}`.trim())];
  const about = content.filter((text) => text !== '').join(', ');
  const message = `This is the vendor's package${about === '' ? '' : ` (${about})`}: unpack it, the files are in Bins/. ${howToUnpack(file)}`;
  return { claims, problem: { code: 'image/package', message } };
}

const ARCHIVE =
  'This is an archive or a program: upsfw unpacks and runs nothing. Unpack it. Images end in .enc, and files for a card are in a folder Bins/.';

/** The download of the vendor is a ZIP file with a self-extracting program, which is a ZIP file too. */
function howToUnpack(file: string): string {
  const plain = sanitize(file, 120);
  return /\.exe$/i.test(vendorName(file))
    ? `It is a ZIP file (unzip ${plain}).`
    : 'If it contains a program (.exe), unpack that too: it is a ZIP file.';
}
