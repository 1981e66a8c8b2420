import { isRefusal } from '../core/index.ts';
import type { RunDocument, RunUnit } from './documents.ts';
import { OUTCOME_TONE, REHEARSAL, summary, writeAdvisories, writeReasons } from './words.ts';
import { createPaper, type ReportWriter, type Style } from './writer.ts';

export const GO_AND_LOOK =
  'The state of this unit is not known: go and look. Never power it off while it may be programming.';

const OUTPUT_BACK = 'The output was switched off for the update and is on again.';
const OUTPUT_OWED =
  'The output was switched off for the update and is not known to be on again: look at what hangs on it.';

/** What is wrong with the run as a whole: it paused itself, or its journal is damaged. */
export function writeRunProblems(paper: ReportWriter, { paused, problem }: RunDocument): void {
  if (paused !== null) {
    paper.line(`Paused: ${paused.message} [${paused.code}]`);
    paper.line(`  remedy: ${paused.hint}`);
  }
  if (problem !== null) {
    paper.note(`${problem.message} [${problem.code}]`, 'bad');
    paper.note(`  remedy: ${problem.hint}`);
  }
}

/** A run for people: how each unit ended, and what to do about it. */
export function renderRun(document: RunDocument, style: Style): string {
  const paper = createPaper(style);
  paper.title(`Run ${document.run} - ${document.state}`);
  if (document.units.some((unit) => unit.simulated)) paper.line(REHEARSAL);
  writeRunProblems(paper, document);
  for (const site of new Set(document.units.map((unit) => unit.site))) {
    paper.heading(site);
    for (const unit of document.units.filter((one) => one.site === site)) writeUnit(paper, unit);
  }
  paper.line('');
  paper.line(`${summary(document.counts)} (exit code ${document.exitCode})`);
  return paper.toString();
}

/** A unit that stopped half-way on its route runs something else than before, too. */
function isMoved({ before, after }: RunUnit): boolean {
  return after !== null && (after.raw?.trim() ?? 'not known') !== (before?.raw?.trim() ?? 'not known');
}

/** `UPS 09.4 (ID18) -> UPS 15.0 (ID18)`. What is not known is not told as if the unit had got there. */
export function changeInWords(unit: RunUnit): string {
  const from = unit.before?.raw?.trim() ?? 'not known';
  const to = unit.after?.raw?.trim() ?? 'not known';
  const moved = isMoved(unit);
  if (unit.outcome === 'unknown') return moved ? `was ${from}, last seen at ${to}` : `was ${from}`;
  return moved ? `${from} -> ${to}` : from;
}

function startInWords({ start, startRefused }: RunUnit['hops'][number]): string | null {
  if (start === null) return null;
  return startRefused ? `start by ${start} answered with an error` : `started by ${start}`;
}

/** One unit with all that is known of its end. */
export function writeUnit(paper: ReportWriter, unit: RunUnit, label: string = unit.name): void {
  const mark = unit.simulated ? ' [simulated]' : '';
  const moved = isMoved(unit);
  paper.item(`${label}${mark}  ${changeInWords(unit)}`, unit.outcome, OUTCOME_TONE[unit.outcome]);
  for (const hop of unit.hops) {
    if (hop.step === null) continue;
    const how = [hop.transfer === null ? null : `sent by ${hop.transfer}`, startInWords(hop)];
    const seconds = hop.seconds === null ? '' : `, ${hop.seconds} s`;
    paper.note(
      `${hop.image}: ${[...how.filter((part) => part !== null), `${hop.step} ${hop.state}`].join(', ')}${seconds}`,
    );
  }
  if (unit.outcome === 'unknown') paper.note(GO_AND_LOOK, 'bad');
  if (unit.output !== null && unit.output !== 'not-switched') {
    const back = unit.output === 'on';
    paper.note(back ? OUTPUT_BACK : OUTPUT_OWED, back ? 'plain' : 'bad');
  }
  writeAdvisories(paper, unit.advisories);
  if (unit.reasons.some(isRefusal)) {
    if (moved && unit.problem !== null) paper.note(unit.problem.message, 'warn');
    writeReasons(paper, unit.reasons, false);
    return;
  }
  if (unit.problem === null) return;
  paper.note(`${unit.problem.message} [${unit.problem.code}]`, 'warn');
  for (const line of unit.problem.details ?? []) paper.note(`  ${line}`);
  paper.note(`  remedy: ${unit.problem.hint}`);
}
