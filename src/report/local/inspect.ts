import type { ProblemJson, Unit } from '../../core/index.ts';
import type { DocumentHead } from '../documents.ts';
import { firmwareWords, REHEARSAL } from '../words.ts';
import { createPaper, type ReportWriter, type Style } from '../writer.ts';

/** What was seen at one port of this machine. */
export interface LocalLookDocument extends DocumentHead<'local-look'> {
  readonly port: string;
  readonly protocol: 'boot-loader' | 'microlink' | 'modbus' | 'ups-link' | 'usb-strings' | null;
  readonly description: string | null;
  readonly unit: Unit;
  /** Versions of parts beside the UPS firmware. */
  readonly parts: readonly string[];
  /** Lines of a boot loader that waits; null where none does. */
  readonly loader: { readonly lines: readonly string[]; readonly withoutApplication: boolean } | null;
  /** How the exchange of passwords ended; null where it was not asked for. */
  readonly exchange: 'both' | 'refused' | 'false-answer' | 'not-known' | null;
  readonly notes: readonly string[];
  readonly problem: ProblemJson | null;
}

const EXCHANGE: Readonly<Record<NonNullable<LocalLookDocument['exchange']>, string>> = {
  both: 'passwords: each side gave the right answer',
  refused: 'passwords: the unit did not take ours',
  'false-answer': 'passwords: the unit took ours and gave a wrong answer of its own',
  'not-known':
    'passwords: not exchanged, because the unit keeps them in another way than is known, or they were not read in one go',
};

/** A look at one port for people. */
export function renderLocalLook(document: LocalLookDocument, style: Style): string {
  const { port, unit, description, protocol, parts, loader, exchange, notes, problem } = document;
  const paper = createPaper(style);
  paper.title(`${port}: ${description ?? 'nothing was seen'}`);
  if (unit.simulated) paper.line(REHEARSAL);
  if (protocol !== null && protocol !== 'boot-loader') writeUnit(paper, unit);
  if (parts.length > 0) paper.note(`other parts: ${parts.join(', ')}`, 'plain');
  for (const line of loader?.lines ?? []) paper.note(`it says: ${line}`, 'plain');
  if (exchange !== null) paper.note(EXCHANGE[exchange], exchange === 'both' ? 'good' : 'warn');
  for (const note of notes) paper.note(note, 'warn');
  if (problem !== null) {
    paper.note(`${problem.message} [${problem.code}]`, 'warn');
    paper.note(`  remedy: ${problem.hint}`);
  }
  return paper.toString();
}

function writeUnit(paper: ReportWriter, unit: Unit): void {
  const { condition } = unit;
  const row = (name: string, value: string | null): void =>
    paper.note(`${name}: ${value ?? 'not known'}`, 'plain');
  row('model', unit.model);
  if (unit.sku !== null) row('SKU', unit.sku);
  row('firmware', firmwareWords(unit.firmware));
  row('serial', unit.serial);
  if (unit.manufactured !== null) row('made on', unit.manufactured);
  row('mains', yesOr(condition.onLine, 'present', 'missing'));
  row('output', yesOr(condition.outputOn, 'on', 'off'));
  row('battery', condition.batteryPercent === null ? null : `${condition.batteryPercent} %`);
  row('load', condition.loadPercent === null ? null : `${condition.loadPercent} %`);
  if (condition.alarms !== null) row('alarms', condition.alarms.join(', ') || 'none');
}

function yesOr(flag: boolean | null, yes: string, no: string): string | null {
  return flag === null ? null : flag ? yes : no;
}
