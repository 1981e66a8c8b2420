import { type CardFileRecipe, readCardFile } from './card-file-builder.ts';
import type { SimulatedDevice } from './device.ts';

/** `flashing`: the connection dies without a last word and the card goes down. */
export type FlashAnswer = 'flashing' | 'refused';

/**
 * Names that a card takes in its root; what a file is, its content says.
 * Source: docs/sources/card.md#firmware-of-the-card
 */
const NAME =
  /^(?:apc_hw\d\d_(?:bootmon|aos|sumx|su|sy)_(?:\d{3}|\d{1,3}(?:\.\d{1,4}){1,4})\.bin|[A-Za-z0-9._-]+\.nmc3)$/;
const FLASH_SECONDS = 60;
/** The password of a card that has lost its settings. */
const FACTORY_PASSWORD = 'apc';

/** A file has arrived in the root of the card: new firmware for the card itself, or nothing that it takes. */
export function flashCard(device: SimulatedDevice, name: string, bytes: Buffer): FlashAnswer {
  const file = NAME.test(name) ? readCardFile(bytes) : null;
  if (file === null || !fits(device, file) || name.endsWith('.nmc3') !== (file.part === 'all'))
    return 'refused';
  device.counters.cardFlashes += 1;
  if (device.has('card-never-returns')) device.card.stop();
  else device.card.restart(FLASH_SECONDS, () => apply(device, file));
  return 'flashing';
}

function fits(device: SimulatedDevice, { platform, part }: CardFileRecipe): boolean {
  const { card, generation } = device.persona;
  if (platform !== card.platform) return false;
  return part !== 'all' || generation === 'nmc3';
}

function apply(device: SimulatedDevice, { part, version }: CardFileRecipe): void {
  const { card } = device;
  if (device.has('card-settings-reset')) card.password = FACTORY_PASSWORD;
  if (device.has('card-returns-old')) return;
  if (part === 'bootmon') card.bootVersion = version;
  if (part === 'aos' || part === 'all') card.osVersion = version;
  if (part === 'all') card.bootVersion = version;
  if (part !== 'bootmon' && part !== 'aos')
    card.install(part === 'all' ? device.persona.card.appName : part, version);
  if (device.has('card-app-mismatch')) card.spoilApp();
}
