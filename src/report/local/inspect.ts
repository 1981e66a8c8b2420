import type { ProblemJson, Unit } from '../../core/index.ts';
import type { DocumentHead } from '../documents.ts';
import { formatFirmware, SIMULATION_NOTICE } from '../labels.ts';
import { createReportWriter, type ReportWriter, type Style } from '../writer.ts';

/** The unit at one port of this machine. */
export interface LocalInspectDocument extends DocumentHead<'local-inspect'> {
  readonly port: string;
  readonly protocol: 'boot-loader' | 'microlink' | 'modbus' | 'ups-link' | 'usb-strings' | null;
  readonly description: string | null;
  readonly unit: Unit;
  /** Versions of firmware parts other than the UPS firmware. */
  readonly parts: readonly string[];
  /** Output of a boot loader; null where none runs. */
  readonly loader: { readonly lines: readonly string[]; readonly withoutApplication: boolean } | null;
  /** The result of the password exchange; null without `--authenticate`. */
  readonly exchange: 'both' | 'refused' | 'false-answer' | 'not-known' | null;
  readonly notes: readonly string[];
  readonly problem: ProblemJson | null;
}

const EXCHANGE: Readonly<Record<NonNullable<LocalInspectDocument['exchange']>, string>> = {
  both: 'passwords: both sides answered correctly',
  refused: 'passwords: the unit refused ours',
  'false-answer': 'passwords: the unit accepted ours and gave a wrong answer',
  'not-known':
    'passwords: not exchanged, because the unit stores them in an unknown form, or they were not read completely',
};

/** The inspection of one port for people. */
export function renderLocalInspect(document: LocalInspectDocument, style: Style): string {
  const { port, unit, description, protocol, parts, loader, exchange, notes, problem } = document;
  const writer = createReportWriter(style);
  writer.title(`${port}: ${description ?? 'no unit found'}`);
  if (unit.simulated) writer.line(SIMULATION_NOTICE);
  if (protocol !== null && protocol !== 'boot-loader') writeUnit(writer, unit);
  if (parts.length > 0) writer.note(`other parts: ${parts.join(', ')}`, 'plain');
  for (const line of loader?.lines ?? []) writer.note(`boot loader: ${line}`, 'plain');
  if (exchange !== null) writer.note(EXCHANGE[exchange], exchange === 'both' ? 'good' : 'warn');
  for (const note of notes) writer.note(note, 'warn');
  if (problem !== null) {
    writer.note(`${problem.message} [${problem.code}]`, 'warn');
    writer.note(`  remedy: ${problem.hint}`);
  }
  return writer.toString();
}

function writeUnit(writer: ReportWriter, unit: Unit): void {
  const { condition } = unit;
  const row = (name: string, value: string | null): void =>
    writer.note(`${name}: ${value ?? 'not known'}`, 'plain');
  row('model', unit.model);
  if (unit.sku !== null) row('SKU', unit.sku);
  row('firmware', formatFirmware(unit.firmware));
  row('serial', unit.serial);
  if (unit.manufactured !== null) row('manufactured', unit.manufactured);
  row('mains', yesOr(condition.onLine, 'present', 'missing'));
  row('output', yesOr(condition.outputOn, 'on', 'off'));
  row('battery', condition.batteryPercent === null ? null : `${condition.batteryPercent} %`);
  row('load', condition.loadPercent === null ? null : `${condition.loadPercent} %`);
  if (condition.alarms !== null) row('alarms', condition.alarms.join(', ') || 'none');
}

function yesOr(flag: boolean | null, yes: string, no: string): string | null {
  return flag === null ? null : flag ? yes : no;
}
