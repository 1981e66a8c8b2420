import { readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';

const FILES = '/proc/self/fd';

/** The files below a folder that this process has open; only Linux lists them. */
export async function openFilesBelow(folder: string): Promise<readonly string[]> {
  const numbers = await readdir(FILES).catch(() => []);
  const paths = await Promise.all(numbers.map((number) => readlink(join(FILES, number)).catch(() => '')));
  return paths.filter((path) => path.startsWith(`${folder}/`)).sort();
}
