/**
 * Files that must be whole, private or exclusive: how they are created, replaced and flushed, and what a failure means.
 *
 * Owns the order of write, flush and rename. Must not know what is in a file, nor which folder is the state folder; imports core only.
 */
export * from './clock.ts';
export * from './trouble.ts';
export * from './whole-file.ts';
