import { applicationProduct, isLeftAlone, joinList } from '../core/index.ts';
import type { CardFileEntry, ImageEntry, ImagesDocument } from './documents.ts';
import { createReportWriter, type ReportWriter, type Style } from './writer.ts';

/** Image files for people: their content and problems. */
export function renderImages(document: ImagesDocument, style: Style): string {
  const writer = createReportWriter(style);
  for (const image of document.images) renderImage(writer, image);
  if (document.images.length > 1) writer.line(totals(document.images));
  for (const file of document.cardFiles) renderCardFile(writer, file);
  renderOthers(writer, document);
  return writer.toString();
}

function renderImage(writer: ReportWriter, image: ImageEntry): void {
  const becomes =
    image.microLinkIdAfter === image.microLinkId ? '' : `, unit becomes ID${image.microLinkIdAfter ?? '?'}`;
  const bad = image.problems.length > 0;
  const state = image.sha256 === null ? 'not read' : 'damaged';
  writer.item(image.file, bad ? state : 'intact', bad ? 'bad' : 'good');
  if (image.microLinkId !== null) {
    writer.note(
      `UPS ${image.version ?? '?'} for ID${image.microLinkId}${becomes}, ${image.signed ? 'signed' : 'not signed'}`,
      'plain',
    );
    writer.note(
      `parts: ${image.parts.map((part) => `${part.name}${part.version === null ? '' : ` ${part.version}`}`).join(', ')}`,
    );
  }
  if (image.sha256 !== null) {
    writer.note(
      `${image.sizeBytes} bytes, sha256 ${image.sha256} (${image.known ? 'in' : 'not in'} the catalogue)`,
    );
  }
  if (image.identicalTo.length > 0) writer.note(`same content as ${joinList(image.identicalTo)}`, 'plain');
  for (const warning of image.warnings) writer.note(`${warning.message} [${warning.code}]`, 'warn');
  for (const problem of image.problems) writer.note(`${problem.message} [${problem.code}]`, 'bad');
}

/** Only the card can check the content of its files, so the report describes their names. */
function renderCardFile(writer: ReportWriter, file: CardFileEntry): void {
  const isLeft = isLeftAlone(file);
  const bad = file.problems.length > 0 && !isLeft;
  const state = isLeft ? 'left alone' : file.sha256 === null ? 'not read' : bad ? 'not usable' : 'for a card';
  const name = file.folder === null ? file.file : `${file.folder}/${file.file}`;
  writer.item(name, state, bad ? 'bad' : isLeft ? 'plain' : 'good');
  if (file.part !== null && file.version !== null) {
    writer.note(
      `${file.part} ${file.version} for ${file.platform ?? '?'}${applicationOf(file)}, by its name`,
      'plain',
    );
  }
  if (file.sha256 !== null) writer.note(`${file.sizeBytes} bytes, sha256 ${file.sha256}`);
  if (file.identicalTo.length > 0) writer.note(`same content as ${joinList(file.identicalTo)}`, 'plain');
  for (const problem of file.problems)
    writer.note(`${problem.message} [${problem.code}]`, bad ? 'bad' : 'plain');
}

/** ` (sumx, APC Smart-UPS)`. */
function applicationOf({ app }: CardFileEntry): string {
  if (app === null) return '';
  const product = applicationProduct(app);
  return product === null ? ` (${app})` : ` (${app}, ${product.name})`;
}

function renderOthers(writer: ReportWriter, { others = [], notes = [] }: ImagesDocument): void {
  for (const { what, count, files } of others) {
    const more = count > files.length ? ` and ${count - files.length} more` : '';
    writer.line(`${what} (${count})`);
    writer.note(`${files.join(', ')}${more}`);
  }
  for (const note of notes) writer.note(note, 'warn');
}

function totals(images: readonly ImageEntry[]): string {
  const count = (matches: (image: ImageEntry) => boolean): number => images.filter(matches).length;
  const bad = count((image) => image.problems.length > 0);
  const copies = count((image) => image.identicalTo.length > 0);
  const warned = count((image) => image.warnings.length > 0);
  const parts = [
    `${images.length - bad} intact`,
    ...(bad > 0 ? [`${bad} not usable`] : []),
    ...(copies > 0 ? [`${copies} with the same content as another`] : []),
    ...(warned > 0 ? [`${warned} with warnings`] : []),
  ];
  return `${images.length} UPS images: ${parts.join(', ')}`;
}
