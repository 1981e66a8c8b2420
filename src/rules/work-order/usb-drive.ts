import type { Image, Reason, WorkItem } from '../../core/index.ts';
import type { RuleBook } from '../catalogue/rule-book.ts';
import type { Fact } from '../engine/evaluate.ts';
import { evaluateStages, itemsOf } from '../engine/stages.ts';
import { lineFacts } from '../facts/line.ts';
import { usbDriveFacts } from '../facts/port.ts';
import { shellQuote } from '../facts/site.ts';

/** The advice of the rules for an image on a USB drive. */
export interface UsbDriveAdvice {
  /** The first installed version that reads images from a USB drive; null if no source names one. */
  readonly from: string | null;
  readonly reasons: readonly Reason[];
  /** What to do with the USB drive. */
  readonly next: readonly WorkItem[];
  /** What no source says. */
  readonly unknown: readonly WorkItem[];
}

/** Evaluates an image as the only file of a USB drive, for any unit that it fits. Pure. */
export function usbDriveAdvice(book: RuleBook, image: Image): UsbDriveAdvice {
  const { microLinkId } = image;
  const line = microLinkId === null ? undefined : book.lines.get(microLinkId);
  const facts = new Map<string, Fact>([['unit.printedId', microLinkId]]);
  for (const [name, fact] of lineFacts(book, facts, null)) facts.set(name, fact);
  for (const [name, fact] of usbDriveFacts(line, null)) facts.set(name, fact);
  facts.set('site.image', shellQuote(image.file));
  facts.set('site.target', image.version);
  const assessment = evaluateStages(book, facts, ['usb-drive']);
  const from = facts.get('usbDrive.from');
  return {
    from: typeof from === 'string' ? from : null,
    reasons: assessment.reasons,
    next: [...itemsOf(assessment, 'step'), ...itemsOf(assessment, 'check')],
    unknown: itemsOf(assessment, 'findOut'),
  };
}
