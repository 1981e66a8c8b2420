import { joinList } from '../core/index.ts';
import type { CardFileEntry, ImageEntry, ImagesDocument } from './documents.ts';
import { createPaper, type ReportWriter, type Style } from './writer.ts';

/** Image files for people: what each says of itself, and what is wrong with it. */
export function renderImages(document: ImagesDocument, style: Style): string {
  const paper = createPaper(style);
  for (const image of document.images) renderImage(paper, image);
  if (document.images.length > 1) paper.line(totals(document.images));
  for (const file of document.cardFiles) renderCardFile(paper, file);
  return paper.toString();
}

function renderImage(paper: ReportWriter, image: ImageEntry): void {
  const becomes =
    image.microLinkIdAfter === image.microLinkId ? '' : `, unit becomes ID${image.microLinkIdAfter ?? '?'}`;
  const bad = image.problems.length > 0;
  const word = image.sha256 === null ? 'not read' : 'damaged';
  paper.item(image.file, bad ? word : 'intact', bad ? 'bad' : 'good');
  if (image.microLinkId !== null) {
    paper.note(
      `UPS ${image.version ?? '?'} for ID${image.microLinkId}${becomes}, ${image.signed ? 'signed' : 'not signed'}`,
      'plain',
    );
    paper.note(
      `parts: ${image.parts.map((part) => `${part.name}${part.version === null ? '' : ` ${part.version}`}`).join(', ')}`,
    );
  }
  if (image.sha256 !== null) {
    paper.note(
      `${image.sizeBytes} bytes, sha256 ${image.sha256} (${image.known ? 'in' : 'not in'} the catalogue)`,
    );
  }
  if (image.identicalTo.length > 0) paper.note(`same bytes as ${joinList(image.identicalTo)}`, 'plain');
  for (const warning of image.warnings) paper.note(`${warning.message} [${warning.code}]`, 'warn');
  for (const problem of image.problems) paper.note(`${problem.message} [${problem.code}]`, 'bad');
}

/** Nothing is said of the content: only the card can tell whether it is whole. */
function renderCardFile(paper: ReportWriter, file: CardFileEntry): void {
  const bad = file.problems.length > 0;
  const word = file.sha256 === null ? 'not read' : 'not usable';
  paper.item(file.file, bad ? word : 'for a card', bad ? 'bad' : 'good');
  if (file.part !== null && file.version !== null) {
    const app = file.app === null ? '' : ` (${file.app})`;
    paper.note(`${file.part} ${file.version} for ${file.platform ?? '?'}${app}, by its name`, 'plain');
  }
  if (file.sha256 !== null) paper.note(`${file.sizeBytes} bytes, sha256 ${file.sha256}`);
  for (const problem of file.problems) paper.note(`${problem.message} [${problem.code}]`, 'bad');
}

function totals(images: readonly ImageEntry[]): string {
  const count = (matches: (image: ImageEntry) => boolean): number => images.filter(matches).length;
  const bad = count((image) => image.problems.length > 0);
  const copies = count((image) => image.identicalTo.length > 0);
  const warned = count((image) => image.warnings.length > 0);
  const parts = [
    `${images.length - bad} intact`,
    ...(bad > 0 ? [`${bad} not usable`] : []),
    ...(copies > 0 ? [`${copies} with the same bytes as another`] : []),
    ...(warned > 0 ? [`${warned} with warnings`] : []),
  ];
  return `${images.length} files: ${parts.join(', ')}`;
}
