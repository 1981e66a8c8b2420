import { isRefusal, type ProblemJson } from '../core/index.ts';
import { formatFirmware, formatSerial, OUTCOME_TONE, SIMULATION_NOTICE, summary } from './labels.ts';
import {
  backupProblems,
  describeChange,
  INSPECT_UNIT,
  NO_BACKUP,
  writeEnded,
  writeRunProblems,
  writeUnit,
} from './run.ts';
import type { RunDocument, RunNow, RunOutcome, RunUnit } from './run-documents.ts';
import { createReportWriter, type ReportWriter, type Style } from './writer.ts';

export interface StatusOptions {
  /** True: show every unit with its hops. */
  readonly details: boolean;
  /** True: the process that executed the run shows it as it ends. */
  readonly isEnding?: boolean;
  /** The command to type next. */
  readonly next: string;
  /** What to do before that; null where nothing is needed. */
  readonly first: string | null;
}

/** Outcomes that need a person, worst first. */
const NEEDS_ATTENTION: readonly RunOutcome[] = ['unknown', 'failed', 'stopped', 'refused'];

/**
 * The state of a run: problems first, then the counts, then units in progress or done, then the next command.
 */
export function renderStatus(
  document: RunDocument,
  style: Style,
  { details, next, first, isEnding = false }: StatusOptions,
): string {
  const writer = createReportWriter(style);
  const { units } = document;
  const of = (outcome: RunOutcome): readonly RunUnit[] => units.filter((unit) => unit.outcome === outcome);
  writer.title(`Run ${document.run} - ${document.state}`);
  if (units.some(({ simulated }) => simulated)) writer.line(SIMULATION_NOTICE);
  writeRunProblems(writer, document);
  for (const outcome of NEEDS_ATTENTION) {
    const found = of(outcome);
    if (details) for (const unit of found) writeWhole(writer, unit);
    // Each unit to inspect on site has its own lines.
    else if (outcome === 'unknown') for (const unit of found) writeCause(writer, [unit]);
    else for (const group of byCause(found)) writeCause(writer, group);
  }
  writer.line('');
  const code = document.state === 'running' ? '' : ` (exit code ${document.exitCode})`;
  writer.line(`${summary(document.counts)}${code}`);
  if (!isEnding) writeEnded(writer, document);
  writePending(writer, of('pending'), document.state === 'running');
  for (const outcome of ['upgraded', 'current'] as const) {
    const done = of(outcome);
    if (details) for (const unit of done) writeWhole(writer, unit);
    else if (done.some(({ now }) => now !== null)) for (const unit of done) writeShort(writer, unit);
    else if (done.length > 0) writer.line(`${outcome}: ${done.map(keyOf).join(', ')}`);
  }
  if (!details) writeBackups(writer, units);
  writer.line('');
  if (first !== null) writer.line(first);
  writer.line(`Next: ${next}`);
  return writer.toString();
}

/** Units without a complete backup, whatever their outcome: each cause once. */
function writeBackups(writer: ReportWriter, units: readonly RunUnit[]): void {
  const causes = new Map<string, { readonly problem: ProblemJson; readonly keys: string[] }>();
  for (const unit of units) {
    for (const problem of backupProblems(unit)) {
      const cause = causes.get(problem.message) ?? { problem, keys: [] };
      causes.set(problem.message, cause);
      cause.keys.push(keyOf(unit));
    }
  }
  for (const { problem, keys } of causes.values()) {
    writer.line(`${NO_BACKUP}: ${keys.join(', ')}`);
    writer.note(`${problem.message} [${problem.code}]`, 'warn');
    writer.note(`remedy: ${problem.hint}`);
  }
}

function writeWhole(writer: ReportWriter, unit: RunUnit): void {
  writeUnit(writer, unit, keyOf(unit));
  writeNow(writer, unit, false);
}

function keyOf({ site, name }: RunUnit): string {
  return `${site}/${name}`;
}

/** Why a unit is not done: the codes of its reasons, or the code of its problem. */
function causeOf({ problem, reasons }: RunUnit): string {
  const codes = reasons.filter(isRefusal).map(({ code }) => code);
  return codes.length > 0 ? [...new Set(codes)].join(', ') : `${problem?.code ?? 'not known'}`;
}

/** Groups units with the same cause and remedy, most frequent first. */
function byCause(units: readonly RunUnit[]): readonly (readonly RunUnit[])[] {
  const groups = new Map<string, RunUnit[]>();
  for (const unit of units) {
    const key = `${causeOf(unit)}\n${unit.problem?.hint ?? ''}`;
    groups.set(key, [...(groups.get(key) ?? []), unit]);
  }
  return [...groups.values()].sort((a, b) => b.length - a.length);
}

/** Units with the same cause: what happened, the remedy, and the units. */
function writeCause(writer: ReportWriter, group: readonly RunUnit[]): void {
  const [first, ...others] = group;
  if (first === undefined) return;
  const { outcome, problem } = first;
  const tone = OUTCOME_TONE[outcome];
  if (others.length === 0)
    writer.item(`${keyOf(first)}${mark(first)}  ${describeChange(first)}`, outcome, tone);
  else writer.item(`${group.length} units: ${group.map(keyOf).join(', ')}`, outcome, tone);
  if (outcome === 'unknown') writer.note(INSPECT_UNIT, 'bad');
  if (problem !== null) {
    const messages = new Set(group.map((unit) => messageOf(unit)));
    const example = messages.size > 1 ? ` (${keyOf(first)}; for the others see --details)` : '';
    writer.note(`${messageOf(first)}${example} [${causeOf(first)}]`, 'warn');
    // Lines of an event log belong to one unit.
    if (others.length === 0) for (const line of problem.details ?? []) writer.note(`  ${line}`);
    writer.note(`remedy: ${problem.hint}`);
  }
  for (const unit of group) writeNow(writer, unit, others.length > 0);
}

/** The message without the key of its unit, so that messages of several units can be equal. */
function messageOf(unit: RunUnit): string {
  const message = unit.problem?.message ?? '';
  const key = `${keyOf(unit)}: `;
  return message.startsWith(key) ? message.slice(key.length) : message;
}

function mark({ simulated }: RunUnit): string {
  return simulated ? ' [simulated]' : '';
}

function writePending(writer: ReportWriter, units: readonly RunUnit[], alive: boolean): void {
  const started = units.filter(({ hops }) => hops.some(({ step }) => step !== null));
  for (const unit of started) {
    const hop = unit.hops.findLast(({ step }) => step !== null);
    const at = hop === undefined ? '' : `, ${hop.image}: ${hop.step} ${hop.state}`;
    writer.item(
      `${keyOf(unit)}${mark(unit)}${at}  ${formatSerial(unit.serial)}`,
      alive ? 'in progress' : 'interrupted',
      'plain',
    );
    writeNow(writer, unit, false);
  }
  const waiting = units.filter((unit) => !started.includes(unit));
  if (waiting.length > 0) writer.line(`not started: ${waiting.map(keyOf).join(', ')}`);
  for (const unit of waiting) writeNow(writer, unit, true);
}

function writeShort(writer: ReportWriter, unit: RunUnit): void {
  writer.item(
    `${keyOf(unit)}${mark(unit)}  ${describeChange(unit)}`,
    unit.outcome,
    OUTCOME_TONE[unit.outcome],
  );
  writeNow(writer, unit, false);
}

function writeNow(writer: ReportWriter, unit: RunUnit, isNamed: boolean): void {
  if (unit.now === null) return;
  const differs = isElsewhere(unit.now, unit);
  writer.note(
    `${isNamed ? `${keyOf(unit)} ` : ''}now: ${describeNow(unit.now)}${differs ? ' (differs from the journal)' : ''}`,
    differs ? 'bad' : 'plain',
  );
}

/** Whether the unit runs other firmware than the journal recorded last. */
function isElsewhere({ firmware }: RunNow, { outcome, before, after }: RunUnit): boolean {
  const last = after ?? (outcome === 'refused' || outcome === 'current' ? before : null);
  if (firmware === null || last === null) return false;
  return firmware.version !== last.version || firmware.microLinkId !== last.microLinkId;
}

const ACTIVITY: Readonly<Record<RunNow['activity'], string>> = {
  idle: 'idle',
  updating: 'updating',
  waiting: 'received an image and has not installed it',
  unknown: 'update state not known',
};

/** `UPS 07.1 (ID17), idle`. Only a unit that reported no update is idle. */
export function describeNow({ answers, serial, firmware, activity, note, problem }: RunNow): string {
  switch (answers) {
    case 'same':
      return `${firmware === null ? 'firmware not known' : formatFirmware(firmware)}, ${ACTIVITY[activity]}${note === null ? '' : `: ${note}`}`;
    case 'other':
      return `another unit answers (serial number ${serial ?? 'not known'})`;
    case 'unidentified':
      return `a device answers, but its identity is not known${problem === null ? '' : `: ${problem.message}`}${activity === 'updating' ? ` It is updating: ${note ?? 'by its card'}.` : ''}`;
    case 'silent':
      return `silent${problem === null ? '' : `: ${problem.message} [${problem.code}]`}`;
  }
}
