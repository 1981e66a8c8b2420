import type { ImagesDocument } from './documents.ts';
import { createPaper, type Style } from './paper.ts';

/** Image files for people: what each says of itself, and what is wrong with it. */
export function renderImages(document: ImagesDocument, style: Style): string {
  const paper = createPaper(style);
  for (const image of document.images) {
    const becomes =
      image.microLinkIdAfter === image.microLinkId ? '' : `, unit becomes ID${image.microLinkIdAfter ?? '?'}`;
    const bad = image.problems.length > 0;
    paper.item(image.file, bad ? 'damaged' : 'intact', bad ? 'bad' : 'good');
    if (image.microLinkId !== null) {
      paper.note(
        `UPS ${image.version ?? '?'} for ID${image.microLinkId}${becomes}, ${image.signed ? 'signed' : 'not signed'}`,
        'plain',
      );
      paper.note(
        `parts: ${image.parts.map((part) => `${part.name}${part.version === null ? '' : ` ${part.version}`}`).join(', ')}`,
      );
    }
    paper.note(
      `${image.sizeBytes} bytes, sha256 ${image.sha256} (${image.known ? 'in' : 'not in'} the catalogue)`,
    );
    for (const problem of image.problems) paper.note(`${problem.message} [${problem.code}]`, 'bad');
  }
  return paper.toString();
}
