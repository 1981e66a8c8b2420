import { basename, dirname } from 'node:path';
import type { CardFile, StoredImage } from '../../core/index.ts';
import {
  hasCardContent,
  hasContent,
  identicalCardFiles,
  identicalFiles,
  imageWarnings,
  type NamedFiles,
  OTHER_KINDS,
} from '../../images/index.ts';
import type { ImagesDocument } from '../../report/index.ts';
import type { RuleBook } from '../../rules/index.ts';

export function imagesDocument(
  images: readonly StoredImage[],
  book: RuleBook,
  now: Date,
  cardFiles: readonly CardFile[] = [],
  { others, notes }: Pick<NamedFiles, 'others' | 'notes'> = { others: [], notes: [] },
): ImagesDocument {
  const hashes = new Set(
    [...book.lines.values()].flatMap((line) => line.images.map((image) => image.sha256)),
  );
  const identical = identicalFiles(images);
  const identicalCards = identicalCardFiles(cardFiles);
  return {
    schema: 'upsfw/images@1',
    generatedAt: now.toISOString(),
    images: images.map((image) => {
      const read = hasContent(image);
      const known = read && hashes.has(image.sha256);
      return {
        file: image.file,
        sizeBytes: image.sizeBytes,
        sha256: read ? image.sha256 : null,
        microLinkId: image.microLinkId,
        microLinkIdAfter: image.microLinkIdAfter,
        version: image.version,
        signed: image.signed,
        parts: image.parts.map(({ name, version, id, offset, bytes }) => ({
          name,
          version,
          id,
          offset,
          bytes,
        })),
        known,
        identicalTo: identical.get(image.path) ?? [],
        warnings: imageWarnings(image, known),
        problems: image.problems,
      };
    }),
    expected: null,
    cardFiles: cardFiles.map((cardFile) => {
      const { path, sha256, ...file } = cardFile;
      return {
        ...file,
        folder: packageFolder(path),
        sha256: hasCardContent(cardFile) ? sha256 : null,
        identicalTo: identicalCards.get(path) ?? [],
      };
    }),
    others: others.map(({ kind, count, files }) => ({ kind, what: OTHER_KINDS[kind], count, files })),
    notes,
  };
}

/** `NAME/Bins` for a file of an unpacked package; null for a file in another folder. */
function packageFolder(path: string): string | null {
  const folder = dirname(path);
  return /^bins$/i.test(basename(folder)) ? `${basename(dirname(folder))}/${basename(folder)}` : null;
}
