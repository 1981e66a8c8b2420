/**
 * Files that must be complete, private or exclusive: how they are created, replaced and flushed. Also the
 * meaning of disk errors, and the real clock.
 *
 * Owns the order of write, flush and rename. Must not know what is in a file, nor which folder is the state
 * folder. Imports core only.
 */
export {
  createWhole,
  makeFolder,
  openToAppend,
  placeNew,
  replaceFile,
  syncFolder,
  writeDraft,
} from './atomic.ts';
export { systemClock } from './clock.ts';
export { openOutputFile } from './output-file.ts';
export { diskProblem } from './problems.ts';
