import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { DeviceState } from './state.ts';

/** Content of a card file; `all` is a complete set in one file, for third-generation cards. */
export const CARD_PARTS = ['bootmon', 'aos', 'sumx', 'su', 'sy', 'all'] as const;
export type CardPart = (typeof CARD_PARTS)[number];

export interface CardFileRecipe {
  /** As in the file names: `hw05`, `hw21`. */
  readonly platform: string;
  readonly part: CardPart;
  /** With the leading `v`, as the card shows it. */
  readonly version: string;
  readonly payloadBytes?: number;
}

const MARK = 'upsfw simulated card firmware';
const CHECKSUM_BYTES = 32;
const LONGEST_HEAD = 200;

/**
 * Builds a file that a simulated card accepts: a text header, padding and a checksum; for a third-generation
 * card in a ZIP file. No real card would run it.
 * Source: docs/sources/card.md#firmware-of-the-card
 */
export function buildCardFile(recipe: CardFileRecipe): Buffer {
  const { platform, part, version, payloadBytes = 200_000 } = recipe;
  const head = Buffer.from(`${MARK}\n${platform} ${part} ${version}\n`, 'latin1');
  const body = Buffer.concat([head, Buffer.alloc(payloadBytes, `${platform}${part}${version}`)]);
  const file = Buffer.concat([body, checksum(body)]);
  return part === 'all' ? zipped(file) : file;
}

/** A ZIP file with one stored entry: local header, content, central directory, end record. */
function zipped(content: Buffer): Buffer {
  const name = Buffer.from('simulated.spkg', 'latin1');
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0);
  common.writeUInt32LE(crc32(content), 10);
  common.writeUInt32LE(content.length, 14);
  common.writeUInt32LE(content.length, 18);
  common.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, name, content]);
  const directory = Buffer.concat([
    Buffer.from('PK\x01\x02\x14\x00', 'latin1'),
    common,
    Buffer.alloc(14),
    name,
  ]);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, directory, end]);
}

/** The stored entry of such a ZIP file; null if its directory is missing. */
function unzipped(bytes: Buffer): Buffer | null {
  const end = bytes.length - 22;
  if (end < 30 || bytes.toString('latin1', end, end + 4) !== 'PK\x05\x06') return null;
  const start = 30 + bytes.readUInt16LE(26) + bytes.readUInt16LE(28);
  return bytes.subarray(start, start + bytes.readUInt32LE(18));
}

/** Its file name: digits only on the second generation, dots on the third. */
export function cardFileName({ platform, part, version }: CardFileRecipe): string {
  const plain = version.replace(/^v/, '');
  if (part === 'all') return `apc_${platform}_su_${plain}.nmc3`;
  return `apc_${platform}_${part}_${platform === 'hw21' ? plain : plain.replaceAll('.', '')}.bin`;
}

/** Reads a card file; null if it is not one, or incomplete. */
export function readCardFile(file: Buffer): CardFileRecipe | null {
  const isZip = file.toString('latin1', 0, 4) === 'PK\x03\x04';
  const bytes = isZip ? unzipped(file) : file;
  if (bytes === null) return null;
  if (bytes.length <= CHECKSUM_BYTES) return null;
  const body = bytes.subarray(0, -CHECKSUM_BYTES);
  if (!checksum(body).equals(bytes.subarray(-CHECKSUM_BYTES))) return null;
  const [mark, fields = ''] = body.toString('latin1', 0, LONGEST_HEAD).split('\n');
  const [platform, word, version] = fields.split(' ');
  const part = CARD_PARTS.find((one) => one === word);
  if (mark !== MARK || platform === undefined || part === undefined || version === undefined) return null;
  if (isZip !== (part === 'all')) return null;
  return { platform, part, version };
}

function checksum(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}

/** `flashing`: the connection closes without a reply and the card goes down. */
export type FlashAnswer = 'flashing' | 'refused';

/**
 * Names that a card accepts in its root; the content decides what the file is.
 * Source: docs/sources/card.md#firmware-of-the-card
 */
const NAME =
  /^(?:apc_hw\d\d_(?:bootmon|aos|sumx|su|sy)_(?:\d{3}|\d{1,3}(?:\.\d{1,4}){1,4})\.bin|[A-Za-z0-9._-]+\.nmc3)$/;
const FLASH_SECONDS = 60;
/** The password after the card has lost its settings. */
const FACTORY_PASSWORD = 'apc';

/** Handles a complete file in the root of the card: new firmware for the card, or a refused file. */
export function flashCard(device: DeviceState, name: string, bytes: Buffer): FlashAnswer {
  const file = NAME.test(name) ? readCardFile(bytes) : null;
  if (file === null || !fits(device, file) || name.endsWith('.nmc3') !== (file.part === 'all'))
    return 'refused';
  device.counters.cardFlashes += 1;
  if (device.has('card-never-returns')) device.card.stop();
  else device.card.restart(FLASH_SECONDS, () => apply(device, file));
  return 'flashing';
}

function fits(device: DeviceState, { platform, part }: CardFileRecipe): boolean {
  const { card, generation } = device.persona;
  if (platform !== card.platform) return false;
  return part !== 'all' || generation === 'nmc3';
}

function apply(device: DeviceState, { part, version }: CardFileRecipe): void {
  const { card } = device;
  if (device.has('card-settings-reset')) card.password = FACTORY_PASSWORD;
  if (device.has('card-returns-old')) return;
  if (part === 'bootmon') card.bootVersion = version;
  if (part === 'aos' || part === 'all') card.osVersion = version;
  if (part === 'all') card.bootVersion = version;
  if (part !== 'bootmon' && part !== 'aos')
    card.install(part === 'all' ? device.persona.card.appName : part, version);
  if (device.has('card-app-mismatch')) card.breakApp();
}
