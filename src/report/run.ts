import { isRefusal, type ProblemJson } from '../core/index.ts';
import {
  formatSerial,
  OUTCOME_TONE,
  SIMULATION_NOTICE,
  summary,
  writeAdvisories,
  writeReasons,
} from './labels.ts';
import type { RunDocument, RunUnit } from './run-documents.ts';
import { createReportWriter, type ReportWriter, type Style } from './writer.ts';

export const INSPECT_UNIT =
  'The state of this unit is not known. Inspect it on site. Never power it off while it may be programming.';

const OUTPUT_RESTORED = 'The output was switched off for the update and is on again.';
const OUTPUT_NOT_RESTORED =
  'The output was switched off for the update and may still be off. Check the load of this unit.';

/** Problems of the whole run: it paused, or its journal is damaged. */
export function writeRunProblems(writer: ReportWriter, { paused, problem }: RunDocument): void {
  if (paused !== null) {
    writer.line(`Paused: ${paused.message} [${paused.code}]`);
    writer.line(`  remedy: ${paused.hint}`);
  }
  if (problem !== null) {
    writer.note(`${problem.message} [${problem.code}]`, 'bad');
    writer.note(`  remedy: ${problem.hint}`);
  }
}

/** The end of the last process that executed the run; nothing while one does. */
export function writeEnded(writer: ReportWriter, { ended }: RunDocument): void {
  if (ended === null) return;
  switch (ended.how) {
    case 'recorded':
      writer.line(`The run last ended at ${ended.at} with exit code ${ended.exitCode}.`);
      return;
    case 'no-record':
      writer.line('The run last ended without a record: a crash, a kill or a power loss.');
      return;
    case 'not-known':
      writer.line('The exit code that the run last ended with is not known: its journal does not show it.');
  }
}

/** A run for people: the outcome of each unit and what to do about it. */
export function renderRun(document: RunDocument, style: Style): string {
  const writer = createReportWriter(style);
  writer.title(`Run ${document.run} - ${document.state}`);
  if (document.units.some((unit) => unit.simulated)) writer.line(SIMULATION_NOTICE);
  writeRunProblems(writer, document);
  for (const site of new Set(document.units.map((unit) => unit.site))) {
    writer.heading(site);
    for (const unit of document.units.filter((one) => one.site === site)) writeUnit(writer, unit);
  }
  writer.line('');
  writer.line(`${summary(document.counts)} (exit code ${document.exitCode})`);
  writeEnded(writer, document);
  return writer.toString();
}

/** Whether the firmware changed, which is also true for a unit that stopped in the middle of its route. */
function isMoved({ before, after }: RunUnit): boolean {
  return after !== null && (after.raw?.trim() ?? 'not known') !== (before?.raw?.trim() ?? 'not known');
}

/**
 * `UPS 09.4 (ID18) -> UPS 15.0 (ID18)  AS1532273891`. An unknown outcome is not shown as an arrival.
 */
export function describeChange(unit: RunUnit): string {
  return `${describeFirmware(unit)}  ${formatSerial(unit.serial)}`;
}

function describeFirmware(unit: RunUnit): string {
  const from = unit.before?.raw?.trim() ?? 'not known';
  const to = unit.after?.raw?.trim() ?? 'not known';
  const moved = isMoved(unit);
  if (unit.outcome === 'unknown') return moved ? `was ${from}, last seen at ${to}` : `was ${from}`;
  return moved ? `${from} -> ${to}` : from;
}

function describeTransfer({ transfer, uploads }: RunUnit['hops'][number]): string | null {
  const count = uploads.length;
  if (transfer === null) return count < 2 ? null : `sent ${count} times`;
  const manner = uploads.at(-1)?.small ? ' in small pieces' : '';
  return `sent by ${transfer}${manner}${count < 2 ? '' : `, at upload ${count}`}`;
}

function describeStart({ start, startRefused }: RunUnit['hops'][number]): string | null {
  if (start === null) return null;
  return startRefused ? `start by ${start} answered with an error` : `started by ${start}`;
}

export const NO_BACKUP = 'no complete backup of the card';

/** What could not be saved of the card of a unit, unless that is why the unit ended. */
export function backupProblems({ hops, problem }: RunUnit): readonly ProblemJson[] {
  const all = hops.flatMap(({ backup }) => backup?.problem ?? []);
  const others = all.filter(({ message }) => problem?.message.startsWith(message) !== true);
  return others.filter((one, index) => others.findIndex(({ message }) => message === one.message) === index);
}

/** One unit with its hops, outcome and problem. */
export function writeUnit(writer: ReportWriter, unit: RunUnit, label: string = unit.name): void {
  const mark = unit.simulated ? ' [simulated]' : '';
  const moved = isMoved(unit);
  writer.item(`${label}${mark}  ${describeChange(unit)}`, unit.outcome, OUTCOME_TONE[unit.outcome]);
  for (const hop of unit.hops) {
    if (hop.step === null) continue;
    const how = [describeTransfer(hop), describeStart(hop)];
    const seconds = hop.seconds === null ? '' : `, ${hop.seconds} s`;
    writer.note(
      `${hop.image}: ${[...how.filter((part) => part !== null), `${hop.step} ${hop.state}`].join(', ')}${seconds}`,
    );
    // Where the transfer failed, the problem of the unit names them.
    if (hop.transfer === null) continue;
    for (const [index, { method, problem }] of hop.uploads.entries()) {
      if (problem !== null) writer.note(`  upload ${index + 1}, by ${method}: ${problem.message}`);
    }
  }
  for (const problem of backupProblems(unit)) {
    writer.note(`${NO_BACKUP}: ${problem.message} [${problem.code}]`, 'warn');
    writer.note(`  remedy: ${problem.hint}`);
  }
  if (unit.outcome === 'unknown') writer.note(INSPECT_UNIT, 'bad');
  if (unit.output !== null && unit.output !== 'not-switched') {
    const isRestored = unit.output === 'on';
    writer.note(isRestored ? OUTPUT_RESTORED : OUTPUT_NOT_RESTORED, isRestored ? 'plain' : 'bad');
  }
  writeAdvisories(writer, unit.advisories);
  if (unit.reasons.some(isRefusal)) {
    if (moved && unit.problem !== null) writer.note(unit.problem.message, 'warn');
    writeReasons(writer, unit.reasons, false);
    return;
  }
  if (unit.problem === null) return;
  writer.note(`${unit.problem.message} [${unit.problem.code}]`, 'warn');
  for (const line of unit.problem.details ?? []) writer.note(`  ${line}`);
  writer.note(`  remedy: ${unit.problem.hint}`);
}
