import type { Image, Reason } from '../../core/index.ts';
import { writeReasons } from '../words.ts';
import { createPaper, type Style } from '../writer.ts';

/** What is asked about before an image goes to a boot loader. */
export interface RecoveryQuestion {
  readonly port: string;
  readonly image: Image;
  readonly expectId: number;
  /** What the boot loader prints. */
  readonly loader: readonly string[];
  readonly reasons: readonly Reason[];
  /** This machine runs on its battery; null where it does not tell. */
  readonly onBattery: boolean | null;
}

/**
 * What only the person at the unit can see to.
 * Source: docs/sources/local.md#interrupted-updates, docs/sources/local.md#preparation-of-the-computer
 */
const SEE_TO: readonly string[] = [
  'The unit is on mains, and nothing is connected to its output that must not go off.',
  'The cable is the one that came with the unit, without a hub or an extension between.',
  'No card is in its slot; no PowerChute, NUT or apcupsd is at this port.',
  'This machine has its power from elsewhere than this unit, and does not go to sleep.',
  'While lights blink, nobody presses a button, pulls a cable or cuts the power.',
];

/** Bytes of a block on the wire, and bits of a byte there: start, eight, stop. */
const BLOCK_ON_WIRE = 134;
const BLOCK = 128;
const BITS = 10;
const RATE = 9600;

/** What will be sent where, and what the person has to see to first. */
export function renderRecovery(question: RecoveryQuestion, style: Style): string {
  const { port, image, expectId, loader, reasons, onBattery } = question;
  const paper = createPaper(style);
  paper.title(`An image for the unit that waits in its boot loader at ${port}`);
  for (const line of loader) paper.note(`the loader says: ${line}`, 'plain');
  const minutes = Math.ceil(((image.sizeBytes / BLOCK) * BLOCK_ON_WIRE * BITS) / RATE / 60);
  paper.note(
    `the image: ${image.file}: UPS ${image.version ?? '?'} for id ${image.microLinkId ?? '?'}`,
    'plain',
  );
  paper.note(`its sha256: ${image.sha256}`, 'plain');
  paper.note(`the unit: id ${expectId}, as you say`, 'plain');
  paper.note(
    `on the wire: ${minutes} ${minutes === 1 ? 'minute' : 'minutes'} or more, then some minutes of programming`,
    'plain',
  );
  writeReasons(paper, reasons, true);
  paper.heading('See to this first');
  for (const line of SEE_TO) paper.note(line, 'plain');
  if (onBattery === true) paper.note('This machine runs on its battery: connect it to mains.', 'bad');
  return paper.toString();
}
