import { compare } from '../core/index.ts';
import { writeChanges } from './audit-since.ts';
import { writeSites, writeWhatToDo } from './audit-summary.ts';
import type { AuditDocument, AuditUnit, NewestSeen } from './documents.ts';
import {
  advisorySummary,
  SIMULATION_NOTICE,
  STATUS_TONE,
  summary,
  unitLine,
  writeAdvisories,
  writeLeftOut,
  writeProblem,
  writeReasons,
} from './labels.ts';
import { createReportWriter, type ReportWriter, type Style } from './writer.ts';

/** An audit of more units lists sites and causes only. */
export const MAX_LISTED = 40;

/** Whether an audit lists every unit. */
export type DetailLevel = 'units' | 'none';

/** An audit for people, by site. The summary comes last, where a terminal shows it. */
export function renderAudit(
  document: AuditDocument,
  style: Style,
  detailLevel: DetailLevel = document.units.length > MAX_LISTED ? 'none' : 'units',
): string {
  const writer = createReportWriter(style);
  const asOf = document.asOf ?? null;
  writer.title(`Audit of ${document.generatedAt}${asOf === null ? '' : `, with what was public on ${asOf}`}`);
  if (document.units.some((unit) => unit.simulated)) writer.line(SIMULATION_NOTICE);
  if (detailLevel === 'units') writeUnits(writer, document);
  writeChanges(writer, document);
  writer.line('');
  writer.line(summary(document.counts));
  writer.line('');
  writeSites(writer, document);
  writeWhatToDo(writer, document);
  writer.line('');
  writeLeftOut(writer, document);
  const found = findingSummary(document.units);
  if (found !== null) writer.line(found);
  for (const line of advisorySummary(document.units.map((unit) => unit.advisories ?? []))) writer.line(line);
  return writer.toString();
}

function writeUnits(writer: ReportWriter, document: AuditDocument): void {
  for (const { site, counts } of document.sites) {
    writer.heading(`${site} - ${summary(counts)}`);
    for (const unit of document.units.filter((one) => one.site === site)) {
      const { verdict, problem } = unit;
      const target =
        verdict.target === null ? '' : `-> ${verdict.target.version} (ID${verdict.target.microLinkId})`;
      writer.item(unitLine(unit.name, unit), verdict.status, STATUS_TONE[verdict.status], target);
      if (problem !== null) {
        writeProblem(writer, problem, verdict.reasons);
        // The card may have answered without its UPS.
        writeAdvisories(
          writer,
          (unit.advisories ?? []).filter(({ component }) => component === 'card'),
        );
        writeCard(writer, unit.card);
      } else {
        writeReasons(writer, verdict.reasons, false);
        writeAdvisories(writer, unit.advisories ?? []);
        writeCard(writer, unit.card);
      }
      writeServices(writer, unit);
    }
  }
}

/** Faults of the card, and the newest firmware seen for it unless the card runs that or a newer one. */
function writeCard(writer: ReportWriter, card: AuditUnit['card']): void {
  if (card === null) return;
  for (const { code, outcome, because, remedy } of card.reasons ?? []) {
    if (outcome === 'pass') continue;
    writer.note(`card: ${because} [${code}]`, 'warn');
    if (remedy !== null) writer.note(`  remedy: ${remedy}`);
  }
  const { newestSeen } = card;
  if (newestSeen == null || runsSeen(card, newestSeen)) return;
  const { os, app, seen, note } = newestSeen;
  const parts = [...(os === null ? [] : [`AOS ${os}`]), `${card.app?.name ?? 'application'} ${app}`];
  const when = seen === null ? 'date not known' : `seen ${seen}`;
  const runs = `AOS ${card.os ?? 'not known'}, ${card.app?.name ?? 'application'} ${card.app?.version ?? 'not known'}`;
  writer.note(
    `card firmware: ${runs}; newest seen: ${parts.join(', ')} (${when}${note === null ? '' : `; ${note}`})`,
  );
}

function runsSeen(card: NonNullable<AuditUnit['card']>, { app }: NewestSeen): boolean {
  const version = card.app?.version ?? null;
  if (version === null) return false;
  const of = (text: string) => ({ component: 'card-app' as const, line: '', version: text });
  return (compare(of(version), of(app)) ?? -1) >= 0;
}

/** `services: ftp, ssh on; telnet off; snmp-v3 not known`, then each finding with its remedy. */
function writeServices(writer: ReportWriter, { services, findings }: AuditUnit): void {
  if (services === null) return;
  const parts = ([true, false, null] as const).flatMap((state) => {
    const names = services.filter(({ on }) => on === state).map(({ service }) => service);
    const label = state === null ? 'not known' : state ? 'on' : 'off';
    return names.length === 0 ? [] : [`${names.join(', ')} ${label}`];
  });
  writer.note(`services: ${parts.join('; ')}`);
  for (const { code, because, remedy } of findings ?? []) {
    writer.note(`finding: ${because} [${code}]`, 'warn');
    if (remedy !== null) writer.note(`  remedy: ${remedy}`);
  }
}

/** `3 units have findings: 3 FTP_ON, 1 LEGACY_SSH`. The numbers count units. */
function findingSummary(units: readonly AuditUnit[]): string | null {
  const found = units.map(({ findings }) => new Set((findings ?? []).map(({ code }) => code)));
  const having = found.filter(({ size }) => size > 0).length;
  if (having === 0) return null;
  const codes = [...new Set(found.flatMap((one) => [...one]))].sort();
  const counted = codes.map((code) => `${found.filter((one) => one.has(code)).length} ${code}`);
  return `${having} ${having === 1 ? 'unit has' : 'units have'} findings: ${counted.join(', ')}`;
}
