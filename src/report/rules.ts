import type { Outcome } from '../core/index.ts';
import type { Advisory, DecisionDocument, RulesDocument } from './documents.ts';
import { ADVISORY_LABEL, cardLabel, isOfCard } from './labels.ts';
import { noteWorkOrder } from './work-order.ts';
import { createReportWriter, type ReportWriter, type Style, type Tone } from './writer.ts';

const OUTCOME_TONES: Readonly<Record<Outcome, Tone>> = {
  pass: 'plain',
  warn: 'warn',
  block: 'bad',
  unknown: 'warn',
};

/** A decision for people: the unit, its newest firmware, the route, what blocks it, and its advisories. */
export function renderDecision(document: DecisionDocument, style: Style): string {
  const writer = createReportWriter(style);
  const { input, supported, line } = document;
  const unit = [input.sku ?? input.model ?? 'a unit', input.firmware ?? 'firmware not known'].join(', ');
  const label = supported === 'unknown' ? 'not known' : supported ? 'supported' : 'refused';
  const tone: Tone = supported === 'unknown' ? 'warn' : supported ? 'good' : 'bad';
  writer.item(`${unit}, over ${input.transport}`, label, tone);
  if (line !== null) {
    const what = [line.families.join('/'), line.description].filter(Boolean).join(': ');
    writer.note(`Micro-Link ID ${line.microLinkId}: ${what || 'models not known'}`, 'plain');
  }
  if (document.target !== null) {
    const state = document.upToDate ? 'nothing to install' : 'to be installed';
    writer.note(`newest: ${document.target}${named(document.image)}, ${state}`, 'plain');
  }
  if (document.wizard !== null) writer.note(`wizard: ${document.wizard}`, 'plain');
  for (const [index, hop] of document.hops.entries()) {
    writer.note(
      `hop ${index + 1}: ${hop.image}: ${hop.from} -> ${hop.to} (ID${hop.microLinkIdAfter})`,
      'plain',
    );
  }
  for (const reason of document.reasons) {
    writer.note(`${reason.outcome}: ${reason.because} [${reason.code}]`, OUTCOME_TONES[reason.outcome]);
    if (reason.remedy !== null) writer.note(`  remedy: ${reason.remedy}`);
    writer.note(`  source: ${reason.source} (rule ${reason.rule})`);
  }
  for (const advisory of document.advisories) writer.note(describeAdvisory(advisory), toneOf(advisory));
  for (const { text, source } of document.prepare) writer.note(`on site: ${text} (${source})`, 'plain');
  if (document.workOrder !== null)
    noteWorkOrder(writer, document.workOrder, new Set(document.prepare.map(({ text }) => text)));
  if (line !== null) writeFirmwareLine(writer, line);
  return writer.toString();
}

/** `CVE-2020-11901 (card, SEVD-2020-174-01): affected; fixed in 6.9.6: AOS v6.9.4, ... (source)`. */
function describeAdvisory(advisory: Advisory): string {
  const { id, fixedIn, partlyIn, notice, detail, source } = advisory;
  const fixes = [
    partlyIn === null ? '' : `; partly fixed in ${partlyIn}`,
    fixedIn === null ? '' : `; fixed in ${fixedIn}`,
  ].join('');
  if (!isOfCard(advisory)) return `${id}: ${ADVISORY_LABEL[advisory.status]}${fixes} (${source})`;
  const of = notice == null ? 'card' : `card, ${notice}`;
  return `${id} (${of}): ${cardLabel(advisory)}${fixes}${detail == null ? '' : `: ${detail}`} (${source})`;
}

function toneOf({ status }: Advisory): Tone {
  return status === 'affected' ? 'bad' : 'plain';
}

function named(image: string | null): string {
  return image === null ? '' : ` (${image})`;
}

function writeFirmwareLine(writer: ReportWriter, line: NonNullable<DecisionDocument['line']>): void {
  const apps = line.minCardApp.map(
    ({ app, version, card }) => `${app} ${version}${card === undefined ? '' : ` on ${card}`}`,
  );
  if (apps.length > 0) writer.note(`card application: ${apps.join(', ')} or later`, 'plain');
  const { update, from, before, note: outputNote } = line.outputOn;
  const since = from === undefined ? '' : ` from ${from}, ${before === 'no' ? 'no' : 'not known'} before`;
  writer.note(
    `installs with the output on: ${update === 'unknown' ? 'not known' : update}${since}${outputNote === undefined ? '' : ` (${outputNote})`}`,
    'plain',
  );
  if (line.minWizard !== null) writer.note(`wizard in the release notes: ${line.minWizard}`, 'plain');
  if (line.signedFrom !== null) writer.note(`signed from: ${line.signedFrom}`, 'plain');
  for (const note of line.notes) writer.note(`note: ${note}`, 'plain');
  if (line.sources.length > 0) writer.note(`sources: ${line.sources.join('; ')}`);
}

/** Rules for people; `whole` adds sources and conditions. */
export function renderRules(document: RulesDocument, style: Style, whole: boolean): string {
  const writer = createReportWriter(style);
  for (const rule of document.rules) {
    const over = rule.until === undefined ? '' : ` (until ${rule.until})`;
    writer.item(`${rule.id}${over}`, rule.code ?? '-', 'plain', rule.confidence);
    writer.note(rule.statement, 'plain');
    if (!whole) continue;
    writer.note(`source: ${rule.source}; published ${rule.published}; ${rule.file}`);
    writer.note(`stage: ${rule.stage}${rule.final ? '; final, cannot be overridden' : ''}`);
    for (const condition of rule.when ?? []) writer.note(`when ${describeCondition(condition)}`);
    for (const condition of rule.require ?? []) writer.note(`require ${describeCondition(condition)}`);
    if (rule.remedy !== undefined) writer.note(`remedy: ${rule.remedy}`);
  }
  return writer.toString();
}

function describeCondition(condition: Readonly<Record<string, unknown>>): string {
  const { fact, ...rest } = condition;
  const [comparison] = Object.entries(rest).filter(
    ([name, value]) => name !== 'orUnknown' && value !== undefined,
  );
  const unknown = rest.orUnknown === true ? ', or not known' : '';
  const [name = '', value = ''] = comparison ?? [];
  return `${String(fact)} ${name} ${Array.isArray(value) ? value.join(', ') : String(value)}${unknown}`;
}
