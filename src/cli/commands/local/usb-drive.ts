import { isRefusal, Problem, type StoredImage, sanitize } from '../../../core/index.ts';
import { imageWarnings, openPaths, type UsbDriveSystem, writeUsbDrive } from '../../../images/index.ts';
import { renderUsbDrive, type UsbDriveDocument } from '../../../report/index.ts';
import { loadRules, unusedOverrides, usbDriveAdvice } from '../../../rules/index.ts';
import { DONE, STOPPED } from '../../exit-codes.ts';
import type { Io } from '../../io.ts';
import { readOverride, refusalHint } from '../../options.ts';
import { printDocument } from '../../print.ts';
import type { LocalAction } from './action.ts';

/**
 * `local usb-drive DIR IMAGE`: puts one image on a FAT drive, for units that are documented to take it from
 * there.
 */
export function createUsbDriveAction(system?: UsbDriveSystem): LocalAction {
  return {
    values: ['DIR', 'IMAGE'],
    options: ['rules', 'override'],
    async run(args, io) {
      const [dir = '', file = ''] = args.values;
      const image = await openOne(file);
      const book = await loadRules({ files: args.rules, override: readOverride(args.override) });
      const { from, reasons, next, unknown } = usbDriveAdvice(book, image);
      for (const line of unusedOverrides(book, [{ key: image.file, reasons }])) io.info(`${line}\n`);
      const refusal = reasons.find(isRefusal);
      if (refusal !== undefined) {
        throw new Problem('refused/rule', `${sanitize(image.file)}: ${refusal.because} [${refusal.code}].`, {
          hint: refusalHint(refusal, book.overridable),
        });
      }
      const known = [...book.lines.values()].some((line) =>
        line.images.some(({ sha256 }) => sha256 === image.sha256),
      );
      const { result, isStopped } = await writeWhole(() => writeUsbDrive(dir, image, system), io);
      const document: UsbDriveDocument = {
        schema: 'upsfw/local-usb-drive@1',
        generatedAt: io.clock.now().toISOString(),
        ...result,
        microLinkId: image.microLinkId,
        version: image.version,
        from,
        warnings: imageWarnings(image, known),
        reasons,
        next,
        unknown,
      };
      printDocument(document, args, io, renderUsbDrive);
      return isStopped ? STOPPED : DONE;
    },
  };
}

/** A drive with a part of an image is of no use, so Ctrl-C ends the command only after the write. */
async function writeWhole<T>(
  write: () => Promise<T>,
  io: Io,
): Promise<{ readonly result: T; readonly isStopped: boolean }> {
  let isStopped = false;
  const release = io.onInterrupt(() => {
    isStopped = true;
    io.info('The image is written to its end first.\n');
  });
  try {
    return { result: await write(), isStopped };
  } finally {
    release();
  }
}

export const usbDriveAction: LocalAction = createUsbDriveAction();

/** The one intact image that is named. Throws Problem config/images, or the problem of the file. */
async function openOne(file: string): Promise<StoredImage> {
  const { images, cardFiles } = await openPaths([file]);
  const [image] = images;
  if (image === undefined || images.length > 1 || cardFiles.length > 0) {
    const [packed] = cardFiles
      .flatMap(({ problems }) => problems)
      .filter(({ code }) => code === 'image/package');
    const isOne = cardFiles.length === 1 && images.length === 0;
    const what = !isOne ? 'is a folder' : packed === undefined ? 'is firmware for a card' : 'is a package';
    throw new Problem('config/images', `${sanitize(file)} ${what}. IMAGE must be one image for a UPS.`, {
      hint: 'Name one file with the extension .enc.',
    });
  }
  const [problem] = image.problems;
  if (problem === undefined) return image;
  throw new Problem(
    problem.code,
    `${sanitize(image.file)}: ${image.problems.map(({ message }) => message).join(' ')}`,
    { hint: 'Download the file again and compare its sha256 with that of the source.' },
  );
}
