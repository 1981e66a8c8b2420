import { createHash } from 'node:crypto';
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
 * Builds a file that a simulated card accepts: a text header, padding and a checksum. No real card would run
 * it.
 */
export function buildCardFile(recipe: CardFileRecipe): Buffer {
  const { platform, part, version, payloadBytes = 200_000 } = recipe;
  const head = Buffer.from(`${MARK}\n${platform} ${part} ${version}\n`, 'latin1');
  const body = Buffer.concat([head, Buffer.alloc(payloadBytes, `${platform}${part}${version}`)]);
  return Buffer.concat([body, checksum(body)]);
}

/** Its file name: digits only on the second generation, dots on the third. */
export function cardFileName({ platform, part, version }: CardFileRecipe): string {
  const plain = version.replace(/^v/, '');
  if (part === 'all') return `apc_${platform}_su_${plain}.nmc3`;
  return `apc_${platform}_${part}_${platform === 'hw21' ? plain : plain.replaceAll('.', '')}.bin`;
}

/** Reads a card file; null if it is not one, or incomplete. */
export function readCardFile(bytes: Buffer): CardFileRecipe | null {
  if (bytes.length <= CHECKSUM_BYTES) return null;
  const body = bytes.subarray(0, -CHECKSUM_BYTES);
  if (!checksum(body).equals(bytes.subarray(-CHECKSUM_BYTES))) return null;
  const [mark, fields = ''] = body.toString('latin1', 0, LONGEST_HEAD).split('\n');
  const [platform, word, version] = fields.split(' ');
  const part = CARD_PARTS.find((one) => one === word);
  if (mark !== MARK || platform === undefined || part === undefined || version === undefined) return null;
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
