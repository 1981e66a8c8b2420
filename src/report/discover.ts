import type { DiscoverDocument } from './documents.ts';
import { firmwareWords, REHEARSAL } from './words.ts';
import { createPaper, type Style } from './writer.ts';

/** What a sweep found, for people: units, the rest, what to do; the summary comes last, where a terminal shows it. */
export function renderDiscover(document: DiscoverDocument, style: Style): string {
  const paper = createPaper(style);
  const { units, others, findings, scanned, answered, seconds } = document;
  paper.title(`Sweep of ${document.generatedAt}`);
  if (units.some((unit) => unit.simulated)) paper.line(REHEARSAL);
  if (units.length > 0) paper.heading('Smart-UPS units');
  if (units.length > 0)
    paper.table(
      ['host', 'name', 'model', 'firmware', 'serial', 'card'],
      units.map((unit) => [
        unit.host ?? '-',
        `${unit.name ?? '-'}${unit.simulated ? ' [simulated]' : ''}`,
        unit.model ?? '-',
        firmwareWords(unit.firmware),
        unit.serial ?? '-',
        unit.card === null ? '-' : `${unit.card.model ?? 'card'} ${unit.card.app?.version ?? ''}`,
      ]),
    );
  if (others.length > 0) {
    paper.heading('Other devices');
    paper.table(
      ['host', 'kind', 'what'],
      others.map(({ host, kind, description }) => [host, kind, description]),
    );
  }
  if (findings.length > 0) paper.heading('Findings');
  for (const { code, because, remedy } of findings) {
    paper.note(`${because} [${code}]`, 'warn');
    paper.note(`  remedy: ${remedy}`);
  }
  if (document.inventory !== null) {
    paper.heading(`Inventory ${document.inventory.file}`);
    for (const { kind, site, name, message } of document.inventory.changes)
      paper.note(
        `${site}/${name}: ${message}`,
        kind === 'conflict' || kind === 'left-out' ? 'warn' : 'plain',
      );
    if (document.inventory.changes.length === 0) paper.note('nothing to change', 'plain');
  }
  paper.line('');
  const end = document.stopped ? ', stopped before its end' : '';
  paper.line(
    `${scanned} addresses asked, ${answered} answered: ${units.length} Smart-UPS, ${others.length} other; ${seconds.toFixed(1)} s${end}`,
  );
  return paper.toString();
}
