/**
 * Image files and firmware files for cards: reading them, checking that they are intact, image folders, and
 * downloads.
 *
 * Owns the container format. Must not know units, cards or rules. Imports core and files only. Never creates
 * or changes an image.
 */
export { readBytes, verifyStored } from './bytes.ts';
export { isCardName, LARGEST_CARD_FILE, readCardFile, readCardName } from './card-file.ts';
export { type FetchOptions, fetchImage } from './fetch.ts';
export { type ImageFolder, openFiles, openFolder, openPaths } from './folder.ts';
export { hasContent } from './read-file.ts';
export { checksum, LARGEST_IMAGE, readImage } from './read-image.ts';
export { type UsbDriveSystem, writeUsbDrive } from './usb-drive.ts';
export { IMAGE_WARNINGS, identicalFiles, imageWarnings } from './warnings.ts';
