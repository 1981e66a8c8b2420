import type { Reason, WorkItem } from '../../core/index.ts';
import type { DocumentHead } from '../documents.ts';
import { writeReasons } from '../labels.ts';
import { createReportWriter, type Style } from '../writer.ts';

/** An image on a USB drive, for units that take it from there. */
export interface UsbDriveDocument extends DocumentHead<'local-usb-drive'> {
  /** The root folder of the drive. */
  readonly dir: string;
  readonly file: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly state: 'written' | 'there-already';
  readonly microLinkId: number | null;
  readonly version: string | null;
  /**
   * Units of this line take images from a drive from this installed version; null where no source names it.
   */
  readonly from: string | null;
  /** Folders on the drive that operating systems create. */
  readonly ofTheSystem: readonly string[];
  readonly warnings: readonly { readonly code: string; readonly message: string }[];
  /** The answers of the rules. */
  readonly reasons: readonly Reason[];
  readonly next: readonly WorkItem[];
  readonly unknown: readonly WorkItem[];
}

/** What was written to a drive, for which units, the next steps, and what is not known. */
export function renderUsbDrive(document: UsbDriveDocument, style: Style): string {
  const writer = createReportWriter(style);
  const { state, from, ofTheSystem } = document;
  writer.item(document.file, state === 'written' ? 'written' : 'unchanged', 'good');
  writer.note(
    `in ${document.dir}: ${document.sizeBytes} bytes, sha256 ${document.sha256}, verified`,
    'plain',
  );
  const since = from === null ? '' : ` with ${from} or later`;
  writer.note(
    `UPS ${document.version ?? '?'} for units of ID${document.microLinkId ?? '?'}${since}`,
    'plain',
  );
  writer.note(
    'The drive has a FAT file system; the operating system does not report whether it is FAT32.',
    'plain',
  );
  if (ofTheSystem.length > 0) {
    writer.note(`also on the drive, created by an operating system: ${ofTheSystem.join(', ')}`, 'plain');
  }
  for (const { code, message } of document.warnings) writer.note(`${message} [${code}]`, 'warn');
  writeReasons(writer, document.reasons, true);
  for (const [index, { text, source }] of document.next.entries()) {
    writer.note(`next ${index + 1}: ${text} (${source})`, 'plain');
  }
  for (const { text, source } of document.unknown) writer.note(`not known: ${text} (${source})`, 'warn');
  return writer.toString();
}
