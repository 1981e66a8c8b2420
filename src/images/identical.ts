import { dirname } from 'node:path';
import type { StoredImage } from '../core/index.ts';
import { wasRead } from './read-file.ts';

/**
 * For each path the other files with the same bytes: their names, or their paths where they lie in another folder.
 * Files that could not be read are like none.
 */
export function identicalFiles(images: readonly StoredImage[]): ReadonlyMap<string, readonly string[]> {
  const byHash = new Map<string, StoredImage[]>();
  for (const image of images.filter(wasRead)) {
    byHash.set(image.sha256, [...(byHash.get(image.sha256) ?? []), image]);
  }
  return new Map(
    images.map((image) => {
      const same = wasRead(image) ? (byHash.get(image.sha256) ?? []) : [];
      const others = same.filter((other) => other.path !== image.path);
      return [image.path, others.map((other) => nameFor(image, other))];
    }),
  );
}

function nameFor(image: StoredImage, other: StoredImage): string {
  return dirname(other.path) === dirname(image.path) ? other.file : other.path;
}
