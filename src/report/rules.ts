import type { Outcome } from '../core/index.ts';
import type { DecisionDocument, RulesDocument } from './documents.ts';
import { ADVISORY_WORDS } from './words.ts';
import { noteWorkOrder } from './work-order.ts';
import { createPaper, type ReportWriter, type Style, type Tone } from './writer.ts';

const OUTCOME_TONES: Readonly<Record<Outcome, Tone>> = {
  pass: 'plain',
  warn: 'warn',
  block: 'bad',
  unknown: 'warn',
};

/** A decision for people: what the unit is, what it may get and how, what stands against it, what it is vulnerable to. */
export function renderDecision(document: DecisionDocument, style: Style): string {
  const paper = createPaper(style);
  const { input, supported, line } = document;
  const who = [input.sku ?? input.model ?? 'a unit', input.firmware ?? 'firmware not known'].join(', ');
  const word = supported === 'unknown' ? 'not known' : supported ? 'supported' : 'refused';
  const tone: Tone = supported === 'unknown' ? 'warn' : supported ? 'good' : 'bad';
  paper.item(`${who}, over ${input.transport}`, word, tone);
  if (line !== null) {
    const what = [line.families.join('/'), line.description].filter(Boolean).join(': ');
    paper.note(`Micro-Link id ${line.microLinkId}: ${what || 'not known what it is'}`, 'plain');
  }
  if (document.target !== null) {
    const state = document.upToDate ? 'nothing to install' : 'to be installed';
    paper.note(`newest: ${document.target}${named(document.image)}, ${state}`, 'plain');
  }
  if (document.wizard !== null) paper.note(`wizard: ${document.wizard}`, 'plain');
  for (const [index, hop] of document.hops.entries()) {
    paper.note(
      `hop ${index + 1}: ${hop.image}: ${hop.from} -> ${hop.to} (ID${hop.microLinkIdAfter})`,
      'plain',
    );
  }
  for (const reason of document.reasons) {
    paper.note(`${reason.outcome}: ${reason.because} [${reason.code}]`, OUTCOME_TONES[reason.outcome]);
    if (reason.remedy !== null) paper.note(`  remedy: ${reason.remedy}`);
    paper.note(`  source: ${reason.source} (rule ${reason.rule})`);
  }
  for (const { id, status, fixedIn, partlyIn, source } of document.advisories) {
    const answered = [
      partlyIn === null ? '' : `; answered in part in ${partlyIn}`,
      fixedIn === null ? '' : `; fixed in ${fixedIn}`,
    ].join('');
    paper.note(
      `${id}: ${ADVISORY_WORDS[status]}${answered} (${source})`,
      status === 'affected' ? 'bad' : 'plain',
    );
  }
  for (const { text, source } of document.prepare) paper.note(`on site: ${text} (${source})`, 'plain');
  if (document.workOrder !== null)
    noteWorkOrder(paper, document.workOrder, new Set(document.prepare.map(({ text }) => text)));
  if (line !== null) aboutLine(paper, line);
  return paper.toString();
}

function named(image: string | null): string {
  return image === null ? '' : ` (${image})`;
}

function aboutLine(paper: ReportWriter, line: NonNullable<DecisionDocument['line']>): void {
  const apps = line.minCardApp.map(
    ({ app, version, card }) => `${app} ${version}${card === undefined ? '' : ` on ${card}`}`,
  );
  if (apps.length > 0) paper.note(`card application: ${apps.join(', ')} or later`, 'plain');
  const { update, from, before, note: aboutOutput } = line.outputOn;
  const since = from === undefined ? '' : ` from ${from} on, ${before === 'no' ? 'no' : 'not known'} before`;
  paper.note(
    `installs with the output on: ${update === 'unknown' ? 'not known' : update}${since}${aboutOutput === undefined ? '' : ` (${aboutOutput})`}`,
    'plain',
  );
  if (line.minWizard !== null) paper.note(`wizard of the notes: ${line.minWizard}`, 'plain');
  if (line.signedFrom !== null) paper.note(`signed from: ${line.signedFrom}`, 'plain');
  for (const note of line.notes) paper.note(`note: ${note}`, 'plain');
  if (line.sources.length > 0) paper.note(`known from: ${line.sources.join('; ')}`);
}

/** Rules for people; `whole` shows the conditions too. */
export function renderRules(document: RulesDocument, style: Style, whole: boolean): string {
  const paper = createPaper(style);
  for (const rule of document.rules) {
    const over = rule.until === undefined ? '' : ` (until ${rule.until})`;
    paper.item(`${rule.id}${over}`, rule.code ?? '-', 'plain', rule.confidence);
    paper.note(rule.statement, 'plain');
    if (!whole) continue;
    paper.note(`source: ${rule.source}; published ${rule.published}; ${rule.file}`);
    paper.note(`stage: ${rule.stage}${rule.final ? '; final, cannot be overridden' : ''}`);
    for (const condition of rule.when ?? []) paper.note(`when ${spelled(condition)}`);
    for (const condition of rule.require ?? []) paper.note(`require ${spelled(condition)}`);
    if (rule.remedy !== undefined) paper.note(`remedy: ${rule.remedy}`);
  }
  return paper.toString();
}

function spelled(condition: Readonly<Record<string, unknown>>): string {
  const { fact, ...rest } = condition;
  const [comparison] = Object.entries(rest).filter(
    ([name, value]) => name !== 'orUnknown' && value !== undefined,
  );
  const unknown = rest.orUnknown === true ? ', or not known' : '';
  const [name = '', value = ''] = comparison ?? [];
  return `${String(fact)} ${name} ${Array.isArray(value) ? value.join(', ') : String(value)}${unknown}`;
}
