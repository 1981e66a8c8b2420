/**
 * Image files and firmware files for cards: reading them, checking that they are intact, image folders, and
 * downloads.
 *
 * Owns the container format. Must not know units, cards or rules. Imports core and files only. Never creates
 * or changes an image.
 */
export { readBytes, verifyStored } from './bytes.ts';
export { hasCardContent, LARGEST_CARD_FILE, readCardFile } from './card-file.ts';
export { isCardName, readCardName } from './card-name.ts';
export { type FetchOptions, fetchImage } from './fetch.ts';
export { type ImageFolder, type NamedFiles, openFiles, openFolder, openPaths } from './folder.ts';
export { OTHER_KINDS } from './names.ts';
export { hasContent, hashFile } from './read-file.ts';
export { checksum, LARGEST_IMAGE, readImage } from './read-image.ts';
export { type UsbDriveSystem, writeUsbDrive } from './usb-drive.ts';
export { IMAGE_WARNINGS, identicalCardFiles, identicalFiles, imageWarnings } from './warnings.ts';
