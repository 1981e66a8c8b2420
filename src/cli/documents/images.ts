import type { CardFile, StoredImage } from '../../core/index.ts';
import { hasContent, identicalFiles, imageWarnings } from '../../images/index.ts';
import type { ImagesDocument } from '../../report/index.ts';
import type { RuleBook } from '../../rules/index.ts';

export function imagesDocument(
  images: readonly StoredImage[],
  book: RuleBook,
  now: Date,
  cardFiles: readonly CardFile[] = [],
): ImagesDocument {
  const hashes = new Set(
    [...book.lines.values()].flatMap((line) => line.images.map((image) => image.sha256)),
  );
  const identical = identicalFiles(images);
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
    cardFiles: cardFiles.map(({ path: _path, sha256, problems, ...file }) => ({
      ...file,
      sha256: problems.some(({ code }) => code === 'image/unreadable' || code === 'image/size')
        ? null
        : sha256,
      problems,
    })),
  };
}
