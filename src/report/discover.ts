import type { DiscoverDocument } from './documents.ts';
import { createPaper, type Style } from './paper.ts';
import { REHEARSAL, unitLine } from './words.ts';

/** What a sweep found, for people: units, the rest, what to do; the summary comes last, where a terminal shows it. */
export function renderDiscover(document: DiscoverDocument, style: Style): string {
  const paper = createPaper(style);
  const { units, others, findings, scanned, answered, seconds } = document;
  paper.title(`Sweep of ${document.generatedAt}`);
  if (units.some((unit) => unit.simulated)) paper.line(REHEARSAL);
  if (units.length > 0) paper.heading('Smart-UPS units');
  for (const unit of units) {
    const place = unit.host ?? '?';
    const card =
      unit.card === null ? 'no card seen' : `${unit.card.model ?? 'card'} ${unit.card.app?.version ?? ''}`;
    paper.item(`${place.padEnd(15)}  ${unitLine(unit.name ?? '-', unit)}`, unit.serial ?? '-', 'plain', card);
  }
  if (others.length > 0) paper.heading('Other devices');
  for (const { host, kind, description } of others)
    paper.item(`${host.padEnd(15)}  ${description}`, kind, 'quiet');
  if (findings.length > 0) paper.heading('Findings');
  for (const { code, because, remedy } of findings) {
    paper.note(`${because} [${code}]`, 'warn');
    paper.note(`  remedy: ${remedy}`);
  }
  if (document.inventory !== null) {
    paper.heading(`Inventory ${document.inventory.file}`);
    for (const { kind, message } of document.inventory.changes)
      paper.note(`${kind}: ${message}`, kind === 'conflict' ? 'warn' : 'plain');
    if (document.inventory.changes.length === 0) paper.note('nothing to change', 'plain');
  }
  paper.line('');
  const end = document.stopped ? ', stopped before its end' : '';
  paper.line(
    `${scanned} addresses asked, ${answered} answered: ${units.length} Smart-UPS, ${others.length} other; ${seconds.toFixed(1)} s${end}`,
  );
  return paper.toString();
}
