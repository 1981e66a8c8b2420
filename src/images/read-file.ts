import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { type ImageProblem, type StoredImage, sanitize } from '../core/index.ts';
import { LARGEST_IMAGE, readImage } from './read-image.ts';

/** File system metadata. A file with the same metadata counts as unchanged. */
export interface FileStamp {
  readonly sizeBytes: number;
  readonly mtimeNs: bigint;
  readonly inode: bigint;
}

export interface FileReading {
  readonly image: StoredImage;
  /** Null if the metadata must not be cached. */
  readonly stamp: FileStamp | null;
}

/** A file changed this recently may change again with the same timestamp: file system clocks are coarse. */
const RECENT_NS = 2_000_000_000n;

/**
 * Reads and checks one file. Never throws: an unreadable file is an image with a problem. `path` is absolute.
 */
export async function readImageFile(path: string): Promise<FileReading> {
  try {
    const found = await stat(path, { bigint: true });
    // Opening a pipe would block.
    if (!found.isFile()) return unread(path, 'It is a folder, a pipe or a device. Remove it or rename it.');
    // A larger file cannot be an image.
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
    const startNs = BigInt(Date.now()) * 1_000_000n;
    const bytes = await handle.readFile();
    const after = await handle.stat({ bigint: true });
    const stamp = stampOf(before);
    // Some file systems report a size that differs from the content; such a file has no usable stamp.
    const settled =
      bytes.length === stamp.sizeBytes &&
      sameStamp(stamp, stampOf(after)) &&
      before.mtimeNs < startNs - RECENT_NS;
    return { image: { ...readImage(bytes, basename(path)), path }, stamp: settled ? stamp : null };
  } finally {
    await handle.close();
  }
}

/** SHA-256 of a file of any size, in lower-case hexadecimal digits; null if it cannot be read. */
export async function hashFile(path: string): Promise<string | null> {
  try {
    // Opening a pipe would block.
    if (!(await stat(path)).isFile()) return null;
    const hash = createHash('sha256');
    const handle = await open(path);
    for await (const chunk of handle.createReadStream()) hash.update(chunk);
    return hash.digest('hex');
  } catch {
    return null;
  }
}

/** The current stamp of a file; null if it cannot be read. */
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

/** False if the bytes of the file were not read, so that its sha256 is meaningless. */
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
    message: `The file has ${size} bytes; the limit is ${LARGEST_IMAGE}.`,
  });
}

function withoutBytes(path: string, sizeBytes: number, problem: ImageProblem): FileReading {
  const nothing = readImage(Buffer.alloc(0), basename(path));
  return { image: { ...nothing, path, sizeBytes, problems: [problem] }, stamp: null };
}
