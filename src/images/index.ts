/**
 * Image files: what they say of themselves, whether they are intact, the folder they lie in, and fetching one.
 *
 * Owns the container format. Must not know units, cards or rules; imports core only. Never makes or changes an image.
 */
export { checksum } from './checksum.ts';
export { type FetchOptions, fetchImage } from './fetch.ts';
export { type ImageFolder, openFiles, openFolder, readBytes, verifyStored } from './folder.ts';
export { readImage } from './read-image.ts';
