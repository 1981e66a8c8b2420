import type { Reason, WorkItem } from '../../core/index.ts';
import type { DocumentHead } from '../documents.ts';
import { writeReasons } from '../words.ts';
import { createPaper, type Style } from '../writer.ts';

/** An image on a USB stick, for units that take one from there. */
export interface UsbDriveDocument extends DocumentHead<'local-stick'> {
  /** The root of the stick. */
  readonly dir: string;
  readonly file: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly state: 'written' | 'there-already';
  readonly microLinkId: number | null;
  readonly version: string | null;
  /** The installed version from which on units of this line take images from a stick; null where no source says so. */
  readonly from: string | null;
  /** Folders on the stick that systems make for themselves. */
  readonly ofTheSystem: readonly string[];
  readonly warnings: readonly { readonly code: string; readonly message: string }[];
  /** What the rules said. */
  readonly reasons: readonly Reason[];
  readonly next: readonly WorkItem[];
  readonly unknown: readonly WorkItem[];
}

/** What was put on a stick, for whom, what to do with it, and what nobody says of it. */
export function renderUsbDrive(document: UsbDriveDocument, style: Style): string {
  const paper = createPaper(style);
  const { state, from, ofTheSystem } = document;
  paper.item(document.file, state === 'written' ? 'written' : 'there already', 'good');
  paper.note(
    `in ${document.dir}: ${document.sizeBytes} bytes, sha256 ${document.sha256}, read back`,
    'plain',
  );
  const since = from === null ? '' : ` that run ${from} or later`;
  paper.note(
    `UPS ${document.version ?? '?'} for units of id ${document.microLinkId ?? '?'}${since}`,
    'plain',
  );
  paper.note('The system says that the stick has FAT, and not whether it is FAT32.', 'plain');
  if (ofTheSystem.length > 0) {
    paper.note(`also on it, made by a system for itself: ${ofTheSystem.join(', ')}`, 'plain');
  }
  for (const { code, message } of document.warnings) paper.note(`${message} [${code}]`, 'warn');
  writeReasons(paper, document.reasons, true);
  for (const [index, { text, source }] of document.next.entries()) {
    paper.note(`next ${index + 1}: ${text} (${source})`, 'plain');
  }
  for (const { text, source } of document.unknown) paper.note(`not known: ${text} (${source})`, 'warn');
  return paper.toString();
}
