import type { BigIntStats } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { type ImageProblem, type StoredImage, sanitize } from '../core/index.ts';
import { LARGEST_IMAGE, readImage } from './read-image.ts';

/** What the file system says of a file: as long as it says the same, the file is taken for unchanged. */
export interface FileStamp {
  readonly sizeBytes: number;
  readonly mtimeNs: bigint;
  readonly inode: bigint;
}

export interface FileReading {
  readonly image: StoredImage;
  /** Null where the reading must not be kept. */
  readonly stamp: FileStamp | null;
}

/** A file changed this short before it was read may be changed again without another time: clocks of file systems are coarse. */
const TOO_FRESH_NS = 2_000_000_000n;

/** Reads and checks one file. Never throws: a file that cannot be read is an image with a problem. `path` is absolute. */
export async function readImageFile(path: string): Promise<FileReading> {
  try {
    const found = await stat(path, { bigint: true });
    // Opening a pipe would wait for somebody to write into it.
    if (!found.isFile()) return unread(path, 'It is a folder, a pipe or a device. Remove it or rename it.');
    // Read no more than can be an image.
    if (found.size > LARGEST_IMAGE) return tooLarge(path, found.size);
    return await readOpened(path);
  } catch (thrown) {
    return unread(path, thrown instanceof Error ? sanitize(thrown.message) : 'unknown');
  }
}

async function readOpened(path: string): Promise<FileReading> {
  const handle = await open(path);
  try {
    const before = await handle.stat({ bigint: true });
    const begunNs = BigInt(Date.now()) * 1_000_000n;
    const bytes = await handle.readFile();
    const after = await handle.stat({ bigint: true });
    const stamp = stampOf(before);
    // Some file systems give another size than there are bytes; such a file has no stamp to know it by.
    const settled =
      bytes.length === stamp.sizeBytes &&
      sameStamp(stamp, stampOf(after)) &&
      before.mtimeNs < begunNs - TOO_FRESH_NS;
    return { image: { ...readImage(bytes, basename(path)), path }, stamp: settled ? stamp : null };
  } finally {
    await handle.close();
  }
}

/** The stamp of a file as it is now; null where there is none to be had. */
export async function readStamp(path: string): Promise<FileStamp | null> {
  try {
    return stampOf(await stat(path, { bigint: true }));
  } catch {
    return null;
  }
}

export function sameStamp(one: FileStamp, other: FileStamp): boolean {
  return one.sizeBytes === other.sizeBytes && one.mtimeNs === other.mtimeNs && one.inode === other.inode;
}

function stampOf(found: BigIntStats): FileStamp {
  return { sizeBytes: Number(found.size), mtimeNs: found.mtimeNs, inode: found.ino };
}

/** False where an image stands for a file whose bytes were not read, so that its sha256 says nothing. */
export function hasContent(image: StoredImage): boolean {
  return (
    image.sizeBytes <= LARGEST_IMAGE && !image.problems.some((problem) => problem.code === 'image/unreadable')
  );
}

function unread(path: string, why: string): FileReading {
  return withoutBytes(path, 0, { code: 'image/unreadable', message: `The file cannot be read: ${why}` });
}

function tooLarge(path: string, size: bigint): FileReading {
  return withoutBytes(path, Number(size), {
    code: 'image/size',
    message: `The file has ${size} bytes, more than the ${LARGEST_IMAGE} that are read.`,
  });
}

function withoutBytes(path: string, sizeBytes: number, problem: ImageProblem): FileReading {
  const nothing = readImage(Buffer.alloc(0), basename(path));
  return { image: { ...nothing, path, sizeBytes, problems: [problem] }, stamp: null };
}
