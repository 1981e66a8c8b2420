import type { AuditDocument } from './documents.ts';
import { createPaper, type Style } from './paper.ts';
import {
  advisorySummary,
  REHEARSAL,
  STATUS_TONE,
  summary,
  unitLine,
  writeAdvisories,
  writeReasons,
} from './words.ts';

/** An audit for people, site by site; the summary comes last, where a terminal shows it. */
export function renderAudit(document: AuditDocument, style: Style): string {
  const paper = createPaper(style);
  paper.title(`Audit of ${document.generatedAt}`);
  if (document.units.some((unit) => unit.simulated)) paper.line(REHEARSAL);
  for (const { site, counts } of document.sites) {
    paper.heading(`${site} - ${summary(counts)}`);
    for (const unit of document.units.filter((one) => one.site === site)) {
      const { verdict, problem } = unit;
      const target =
        verdict.target === null ? '' : `-> ${verdict.target.version} (ID${verdict.target.microLinkId})`;
      paper.item(unitLine(unit.name, unit), verdict.status, STATUS_TONE[verdict.status], target);
      if (problem !== null) {
        paper.note(`${problem.message} [${problem.code}]`, 'warn');
        paper.note(`  remedy: ${problem.hint}`);
        continue;
      }
      writeReasons(paper, verdict.reasons, false);
      writeAdvisories(paper, unit.advisories ?? []);
    }
  }
  paper.line('');
  paper.line(summary(document.counts));
  for (const line of advisorySummary(document.units.map((unit) => unit.advisories ?? []))) paper.line(line);
  return paper.toString();
}
