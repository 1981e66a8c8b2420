import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { z } from 'zod';
import { hasCode, type Image, PROBLEM_CODES, type ProblemCode } from '../core/index.ts';
import type { FileStamp } from './read-file.ts';

/**
 * The reading of files that did not change since. It saves work and decides nothing: before bytes are sent they are read
 * again (`readBytes`). To be raised whenever `readImage` says anything else of the same bytes.
 */
const READER = 1;
const MOST_ENTRIES = 20_000;

export interface IndexEntry {
  readonly path: string;
  readonly stamp: FileStamp;
  readonly image: Image;
}

export interface IndexRead {
  /** By absolute path. */
  readonly entries: ReadonlyMap<string, IndexEntry>;
  /** What is wrong with the index file; null where it is sound or not there. */
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
  entries: z.array(EntrySchema).max(MOST_ENTRIES),
});

/** Reads an index file. Never throws: without a sound index everything is read anew. */
export async function loadIndex(file: string): Promise<IndexRead> {
  try {
    const { reader, entries } = IndexSchema.parse(JSON.parse(await readFile(file, 'utf8')));
    // Made by another version of the tool, which may judge the same bytes otherwise.
    if (reader !== READER) return { entries: new Map(), damage: null };
    return { entries: new Map(entries.map((entry) => [entry.path, entry])), damage: null };
  } catch (thrown) {
    if (hasCode(thrown, 'ENOENT')) return { entries: new Map(), damage: null };
    return { entries: new Map(), damage: `The image index ${file} is damaged; the images are read anew.` };
  }
}

/** Puts an index file in place of the one that is there, in one go. */
export async function saveIndex(file: string, entries: readonly IndexEntry[]): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const document = {
    schema: 'upsfw/image-index@1',
    reader: READER,
    entries: entries.slice(0, MOST_ENTRIES).map(({ path, stamp, image }) => ({
      path,
      stamp: {
        sizeBytes: stamp.sizeBytes,
        mtimeNs: String(stamp.mtimeNs),
        inode: String(stamp.inode),
      },
      image,
    })),
  };
  // A name of its own: two processes may write at once, and the last one wins with a whole file.
  const draft = `${file}.${randomUUID()}`;
  try {
    const handle = await open(draft, 'wx', 0o600);
    try {
      await handle.writeFile(`${JSON.stringify(document)}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, file);
  } finally {
    await rm(draft, { force: true });
  }
}
