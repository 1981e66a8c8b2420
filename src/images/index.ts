/**
 * Image files and firmware files for cards: what they say of themselves, whether they are intact, the folder they lie in, and fetching one.
 *
 * Owns the container format. Must not know units, cards or rules; imports core and disk only. Never makes or changes an image.
 */
export { readBytes, verifyStored } from './bytes.ts';
export { isCardName, LARGEST_CARD_FILE, readCardFile, readCardName } from './card-file.ts';
export { checksum } from './checksum.ts';
export { type FetchOptions, fetchImage } from './fetch.ts';
export {
  type FolderOptions,
  type ImageFolder,
  type NamedFiles,
  openFiles,
  openFolder,
  openNamed,
} from './folder.ts';
export { identicalFiles } from './identical.ts';
export { LARGEST_IMAGE } from './layout.ts';
export { wasRead } from './read-file.ts';
export { readImage } from './read-image.ts';
export { type StickResult, type StickSystem, writeStick } from './stick.ts';
export { IMAGE_WARNINGS, type ImageWarning, type ImageWarningCode, imageWarnings } from './warnings.ts';
