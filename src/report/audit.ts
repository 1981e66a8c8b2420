import { writeChanges } from './audit-since.ts';
import { writeSites, writeWhatToDo } from './audit-summary.ts';
import type { AuditDocument, AuditUnit } from './documents.ts';
import {
  advisorySummary,
  REHEARSAL,
  STATUS_TONE,
  summary,
  unitLine,
  writeAdvisories,
  writeReasons,
} from './words.ts';
import { createPaper, type ReportWriter, type Style } from './writer.ts';

/** With more units than this an audit is told by site, because nobody reads that many. */
export const MOST_LISTED = 40;

/** What an audit lists before its end: every unit, or none of them. */
export type DetailLevel = 'units' | 'none';

/** An audit for people, site by site; what one looks for first comes last, where a terminal shows it. */
export function renderAudit(
  document: AuditDocument,
  style: Style,
  listing: DetailLevel = document.units.length > MOST_LISTED ? 'none' : 'units',
): string {
  const paper = createPaper(style);
  paper.title(`Audit of ${document.generatedAt}`);
  if (document.units.some((unit) => unit.simulated)) paper.line(REHEARSAL);
  if (listing === 'units') writeUnits(paper, document);
  writeChanges(paper, document);
  paper.line('');
  paper.line(summary(document.counts));
  paper.line('');
  writeSites(paper, document);
  writeWhatToDo(paper, document);
  paper.line('');
  const found = findingSummary(document.units);
  if (found !== null) paper.line(found);
  for (const line of advisorySummary(document.units.map((unit) => unit.advisories ?? []))) paper.line(line);
  return paper.toString();
}

function writeUnits(paper: ReportWriter, document: AuditDocument): void {
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
      } else {
        writeReasons(paper, verdict.reasons, false);
        writeAdvisories(paper, unit.advisories ?? []);
      }
      writeServices(paper, unit);
    }
  }
}

/** `services: ftp, ssh on; telnet off; snmp-v3 not known`, then each finding with what lifts it. */
function writeServices(paper: ReportWriter, { services, findings }: AuditUnit): void {
  if (services === null) return;
  const parts = ([true, false, null] as const).flatMap((state) => {
    const names = services.filter(({ on }) => on === state).map(({ service }) => service);
    const word = state === null ? 'not known' : state ? 'on' : 'off';
    return names.length === 0 ? [] : [`${names.join(', ')} ${word}`];
  });
  paper.note(`services: ${parts.join('; ')}`);
  for (const { code, because, remedy } of findings ?? []) {
    paper.note(`finding: ${because} [${code}]`, 'warn');
    if (remedy !== null) paper.note(`  remedy: ${remedy}`);
  }
}

/** `3 units have findings: 3 FTP_ON, 1 LEGACY_SSH`. Each number counts units; a unit may have several findings. */
function findingSummary(units: readonly AuditUnit[]): string | null {
  const found = units.map(({ findings }) => new Set((findings ?? []).map(({ code }) => code)));
  const having = found.filter(({ size }) => size > 0).length;
  if (having === 0) return null;
  const codes = [...new Set(found.flatMap((one) => [...one]))].sort();
  const counted = codes.map((code) => `${found.filter((one) => one.has(code)).length} ${code}`);
  return `${having} ${having === 1 ? 'unit has' : 'units have'} findings: ${counted.join(', ')}`;
}
