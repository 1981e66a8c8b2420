import { readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { z } from 'zod';
import { hasCode, type Image, PROBLEM_CODES, type ProblemCode } from '../core/index.ts';
import { makeFolder, replaceFile } from '../files/index.ts';
import type { FileStamp } from './read-file.ts';

/**
 * Version of the metadata; increase it when `readImage` returns anything else for the same bytes. The index
 * saves work and decides nothing: files are read again before they are sent (`readBytes`).
 */
const READER_VERSION = 2;
const MAX_ENTRIES = 20_000;

export interface IndexEntry {
  readonly path: string;
  readonly stamp: FileStamp;
  readonly image: Image;
}

export interface IndexRead {
  /** By absolute path. */
  readonly entries: ReadonlyMap<string, IndexEntry>;
  /** What is wrong with the index file; null if it is sound or does not exist. */
  readonly damage: string | null;
}

const text = z.string().max(4096);
const natural = z.int().min(0);
const digits = z
  .string()
  .regex(/^-?\d{1,20}$/)
  .transform((value) => BigInt(value));

const ImageSchema: z.ZodType<Image> = z.strictObject({
  file: text.min(1),
  sizeBytes: natural,
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  microLinkId: natural.nullable(),
  microLinkIdAfter: natural.nullable(),
  version: text.nullable(),
  signed: z.boolean(),
  parts: z.array(
    z.strictObject({
      name: text,
      version: text.nullable(),
      id: natural,
      slot: natural.max(0xff),
      offset: natural,
      bytes: natural,
    }),
  ),
  problems: z.array(
    z.strictObject({
      code: z.custom<ProblemCode>(
        (value) => typeof value === 'string' && Object.hasOwn(PROBLEM_CODES, value),
      ),
      message: text,
    }),
  ),
});

const EntrySchema = z
  .strictObject({
    path: text.min(1),
    stamp: z.strictObject({ sizeBytes: natural, mtimeNs: digits, inode: digits }),
    image: ImageSchema,
  })
  .refine(
    ({ path, stamp, image }) => image.file === basename(path) && image.sizeBytes === stamp.sizeBytes,
    'path, stamp and image contradict each other',
  );

const IndexSchema = z.strictObject({
  schema: z.literal('upsfw/image-index@1'),
  reader: z.int(),
  entries: z.array(EntrySchema).max(MAX_ENTRIES),
});

/** Reads an index file. Never throws: without a sound index, every image is read. */
export async function loadIndex(file: string): Promise<IndexRead> {
  try {
    const { reader, entries } = IndexSchema.parse(JSON.parse(await readFile(file, 'utf8')));
    // Another version of the tool may evaluate the same bytes differently.
    if (reader !== READER_VERSION) return { entries: new Map(), damage: null };
    return { entries: new Map(entries.map((entry) => [entry.path, entry])), damage: null };
  } catch (thrown) {
    if (hasCode(thrown, 'ENOENT')) return { entries: new Map(), damage: null };
    return {
      entries: new Map(),
      damage: `The image index ${file} is damaged, so all images are read again.`,
    };
  }
}

/** Replaces an index file in one step. Of two processes that write at once, the last one wins. */
export async function saveIndex(file: string, entries: readonly IndexEntry[]): Promise<void> {
  const document = {
    schema: 'upsfw/image-index@1',
    reader: READER_VERSION,
    entries: entries.slice(0, MAX_ENTRIES).map(({ path, stamp, image }) => ({
      path,
      stamp: {
        sizeBytes: stamp.sizeBytes,
        mtimeNs: String(stamp.mtimeNs),
        inode: String(stamp.inode),
      },
      image,
    })),
  };
  await makeFolder(dirname(file));
  await replaceFile(file, `${JSON.stringify(document)}\n`);
}
