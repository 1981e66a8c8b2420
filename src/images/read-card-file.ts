import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { type CardFile, type ImageProblem, printable } from '../core/index.ts';
import { LARGEST_CARD_FILE, readCardFile, tooLargeForCard } from './card-file.ts';

/** Reads and checks one file. Never throws: one that cannot be read has a problem. `path` is absolute. */
export async function readStoredCardFile(path: string): Promise<CardFile> {
  try {
    const found = await stat(path);
    // Opening a pipe would wait for somebody to write into it.
    if (!found.isFile()) return unread(path, 'It is a folder, a pipe or a device. Remove it or rename it.');
    if (found.size > LARGEST_CARD_FILE) return withoutBytes(path, found.size, tooLargeForCard(found.size));
    return { ...readCardFile(await readFile(path), basename(path)), path };
  } catch (thrown) {
    return unread(path, thrown instanceof Error ? printable(thrown.message) : 'unknown');
  }
}

function unread(path: string, why: string): CardFile {
  return withoutBytes(path, 0, { code: 'image/unreadable', message: `The file cannot be read: ${why}` });
}

function withoutBytes(path: string, sizeBytes: number, problem: ImageProblem): CardFile {
  const nothing = readCardFile(Buffer.alloc(0), basename(path));
  return { ...nothing, path, sizeBytes, problems: [problem] };
}
