import type { Image, Reason, WorkItem } from '../../core/index.ts';
import type { RuleBook } from '../catalogue/rule-book.ts';
import type { Fact } from '../engine/evaluate.ts';
import { evaluateStages, itemsOf } from '../engine/stages.ts';
import { lineFacts } from '../facts/line.ts';
import { stickFacts } from '../facts/port.ts';
import { shellQuote } from '../facts/site.ts';

/** What the rules say of an image on a USB stick. */
export interface UsbDriveAdvice {
  /** The installed version from which on units of this line take images from a stick; null where no source says so. */
  readonly from: string | null;
  readonly reasons: readonly Reason[];
  /** What to do with the stick. */
  readonly next: readonly WorkItem[];
  /** What nobody says of it. */
  readonly unknown: readonly WorkItem[];
}

/** Judges an image as the one file of a stick, for any unit that it fits: which one it will be put into is not known. Pure. */
export function usbDriveAdvice(book: RuleBook, image: Image): UsbDriveAdvice {
  const { microLinkId } = image;
  const line = microLinkId === null ? undefined : book.lines.get(microLinkId);
  const facts = new Map<string, Fact>([['unit.printedId', microLinkId]]);
  for (const [name, fact] of lineFacts(book, facts, null)) facts.set(name, fact);
  for (const [name, fact] of stickFacts(line, null)) facts.set(name, fact);
  for (const [name, fact] of [
    ['site.image', shellQuote(image.file)],
    ['site.target', image.version],
  ] as const)
    facts.set(name, fact);
  const told = evaluateStages(book, facts, ['usb-drive']);
  const from = facts.get('usbDrive.from');
  return {
    from: typeof from === 'string' ? from : null,
    reasons: told.reasons,
    next: [...itemsOf(told, 'step'), ...itemsOf(told, 'check')],
    unknown: itemsOf(told, 'findOut'),
  };
}
