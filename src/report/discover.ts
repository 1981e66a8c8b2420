import type { DiscoverDocument } from './documents.ts';
import { formatFirmware, SIMULATION_NOTICE } from './labels.ts';
import { createReportWriter, type Style } from './writer.ts';

/** A sweep for people: units, other devices, findings. The summary comes last, where a terminal shows it. */
export function renderDiscover(document: DiscoverDocument, style: Style): string {
  const writer = createReportWriter(style);
  const { units, others, findings, scanned, answered, seconds } = document;
  writer.title(`Sweep of ${document.generatedAt}`);
  if (units.some((unit) => unit.simulated)) writer.line(SIMULATION_NOTICE);
  if (units.length > 0) writer.heading('Smart-UPS units');
  if (units.length > 0)
    writer.table(
      ['host', 'name', 'model', 'firmware', 'serial', 'card'],
      units.map((unit) => [
        unit.host ?? '-',
        `${unit.name ?? '-'}${unit.simulated ? ' [simulated]' : ''}`,
        unit.model ?? '-',
        formatFirmware(unit.firmware),
        unit.serial ?? '-',
        unit.card === null ? '-' : `${unit.card.model ?? 'card'} ${unit.card.app?.version ?? ''}`,
      ]),
    );
  if (others.length > 0) {
    writer.heading('Other devices');
    writer.table(
      ['host', 'kind', 'description'],
      others.map(({ host, kind, description }) => [host, kind, description]),
    );
  }
  if (findings.length > 0) writer.heading('Findings');
  for (const { code, because, remedy } of findings) {
    writer.note(`${because} [${code}]`, 'warn');
    writer.note(`  remedy: ${remedy}`);
  }
  if (document.inventory !== null) {
    writer.heading(`Inventory ${document.inventory.file}`);
    for (const { kind, site, name, message } of document.inventory.changes)
      writer.note(
        `${site}/${name}: ${message}`,
        kind === 'conflict' || kind === 'left-out' ? 'warn' : 'plain',
      );
    if (document.inventory.changes.length === 0) writer.note('no changes', 'plain');
  }
  writer.line('');
  const end = document.stopped ? ', stopped before the end' : '';
  writer.line(
    `${scanned} addresses asked, ${answered} answered: ${units.length} Smart-UPS, ${others.length} other; ${seconds.toFixed(1)} s${end}`,
  );
  return writer.toString();
}
