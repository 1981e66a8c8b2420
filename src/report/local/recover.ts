import type { Image, Reason } from '../../core/index.ts';
import { writeReasons } from '../labels.ts';
import { createReportWriter, type Style } from '../writer.ts';

/** What the operator confirms before an image goes to a boot loader. */
export interface RecoveryQuestion {
  readonly port: string;
  readonly image: Image;
  readonly expectId: number;
  /** The output of the boot loader. */
  readonly loader: readonly string[];
  readonly reasons: readonly Reason[];
  /** Whether this machine runs on its battery; null where not known. */
  readonly onBattery: boolean | null;
}

/**
 * What only a person at the unit can check.
 * Source: docs/sources/local.md#interrupted-updates, docs/sources/local.md#preparation-of-the-computer
 */
const CHECKLIST: readonly string[] = [
  'The unit is on mains, and its output feeds nothing that must stay on.',
  'The cable is the one that came with the unit, without a hub or an extension cable.',
  'The card slot is empty, and no PowerChute, NUT or apcupsd uses this port.',
  'This machine is not powered by this unit, and does not go to sleep.',
  'While LEDs blink, nobody presses a button, pulls a cable or cuts the power.',
];

/** A block with its frame, and a byte with start and stop bit. */
const BLOCK_BYTES_SENT = 134;
const BLOCK_BYTES = 128;
const BITS_PER_BYTE = 10;
const BAUD = 9600;

/** What will be sent where, and the checklist for the person at the unit. */
export function renderRecovery(question: RecoveryQuestion, style: Style): string {
  const { port, image, expectId, loader, reasons, onBattery } = question;
  const writer = createReportWriter(style);
  writer.title(`Recovery of the unit in its boot loader at ${port}`);
  for (const line of loader) writer.note(`boot loader: ${line}`, 'plain');
  const minutes = Math.ceil(((image.sizeBytes / BLOCK_BYTES) * BLOCK_BYTES_SENT * BITS_PER_BYTE) / BAUD / 60);
  writer.note(`image: ${image.file}, UPS ${image.version ?? '?'} for ID${image.microLinkId ?? '?'}`, 'plain');
  writer.note(`sha256: ${image.sha256}`, 'plain');
  writer.note(`unit: ID${expectId}, from --expect-id`, 'plain');
  writer.note(
    `duration: ${minutes} ${minutes === 1 ? 'minute' : 'minutes'} or more for the transfer, then some minutes for programming`,
    'plain',
  );
  writeReasons(writer, reasons, true);
  writer.heading('Check first');
  for (const line of CHECKLIST) writer.note(line, 'plain');
  if (onBattery === true) writer.note('This machine runs on its battery: connect it to mains.', 'bad');
  return writer.toString();
}
