import { isRefusal } from '../core/index.ts';
import type { RunDocument, RunNow, RunOutcome, RunUnit } from './documents.ts';
import { changeInWords, GO_AND_LOOK, writeRunProblems, writeUnit } from './run.ts';
import { firmwareWords, OUTCOME_TONE, REHEARSAL, summary } from './words.ts';
import { createPaper, type ReportWriter, type Style } from './writer.ts';

export interface StatusOptions {
  /** True: every unit is shown with its hops, also where nothing is wrong with it. */
  readonly details: boolean;
  /** The command to type next. */
  readonly next: string;
  /** What has to be done before that; null where nothing has. */
  readonly first: string | null;
}

/** What needs a person, the worst first. */
const TROUBLE: readonly RunOutcome[] = ['unknown', 'failed', 'stopped', 'refused'];

/** Where a run stands: trouble first, then the counts, then what is under way or done, and last what to type next. */
export function renderStatus(
  document: RunDocument,
  style: Style,
  { details, next, first }: StatusOptions,
): string {
  const paper = createPaper(style);
  const { units } = document;
  const of = (outcome: RunOutcome): readonly RunUnit[] => units.filter((unit) => unit.outcome === outcome);
  paper.title(`Run ${document.run} - ${document.state}`);
  if (units.some(({ simulated }) => simulated)) paper.line(REHEARSAL);
  writeRunProblems(paper, document);
  for (const outcome of TROUBLE) {
    const found = of(outcome);
    if (details) for (const unit of found) writeWhole(paper, unit);
    // Each unit that somebody has to go to has its own lines.
    else if (outcome === 'unknown') for (const unit of found) writeCause(paper, [unit]);
    else for (const group of byCause(found)) writeCause(paper, group);
  }
  paper.line('');
  const code = document.state === 'running' ? '' : ` (exit code ${document.exitCode})`;
  paper.line(`${summary(document.counts)}${code}`);
  writePending(paper, of('pending'), document.state === 'running');
  for (const outcome of ['upgraded', 'current'] as const) {
    const done = of(outcome);
    if (details) for (const unit of done) writeWhole(paper, unit);
    else if (done.some(({ now }) => now !== null)) for (const unit of done) writeShort(paper, unit);
    else if (done.length > 0) paper.line(`${outcome}: ${done.map(keyOf).join(', ')}`);
  }
  paper.line('');
  if (first !== null) paper.line(first);
  paper.line(`Next: ${next}`);
  return paper.toString();
}

function writeWhole(paper: ReportWriter, unit: RunUnit): void {
  writeUnit(paper, unit, keyOf(unit));
  writeNow(paper, unit, false);
}

function keyOf({ site, name }: RunUnit): string {
  return `${site}/${name}`;
}

/** What keeps a unit from being done: the codes of the reasons, or that of its problem. */
function causeOf({ problem, reasons }: RunUnit): string {
  const codes = reasons.filter(isRefusal).map(({ code }) => code);
  return codes.length > 0 ? [...new Set(codes)].join(', ') : `${problem?.code ?? 'not known'}`;
}

/** Units with one cause and one remedy together, the most frequent cause first. */
function byCause(units: readonly RunUnit[]): readonly (readonly RunUnit[])[] {
  const groups = new Map<string, RunUnit[]>();
  for (const unit of units) {
    const key = `${causeOf(unit)}\n${unit.problem?.hint ?? ''}`;
    groups.set(key, [...(groups.get(key) ?? []), unit]);
  }
  return [...groups.values()].sort((a, b) => b.length - a.length);
}

/** Units with one cause: what happened, what lifts it, and which they are. */
function writeCause(paper: ReportWriter, group: readonly RunUnit[]): void {
  const [first, ...others] = group;
  if (first === undefined) return;
  const { outcome, problem } = first;
  const tone = OUTCOME_TONE[outcome];
  if (others.length === 0)
    paper.item(`${keyOf(first)}${mark(first)}  ${changeInWords(first)}`, outcome, tone);
  else paper.item(`${group.length} units: ${group.map(keyOf).join(', ')}`, outcome, tone);
  if (outcome === 'unknown') paper.note(GO_AND_LOOK, 'bad');
  if (problem !== null) {
    const said = new Set(group.map((unit) => messageOf(unit)));
    const example = said.size > 1 ? ` (${keyOf(first)}; the others differ: --details)` : '';
    paper.note(`${messageOf(first)}${example} [${causeOf(first)}]`, 'warn');
    // The lines of an event log are those of one unit.
    if (others.length === 0) for (const line of problem.details ?? []) paper.note(`  ${line}`);
    paper.note(`remedy: ${problem.hint}`);
  }
  for (const unit of group) writeNow(paper, unit, others.length > 0);
}

/** The message without the key of its unit, so that one message about many units is one. */
function messageOf(unit: RunUnit): string {
  const message = unit.problem?.message ?? '';
  const key = `${keyOf(unit)}: `;
  return message.startsWith(key) ? message.slice(key.length) : message;
}

function mark({ simulated }: RunUnit): string {
  return simulated ? ' [simulated]' : '';
}

function writePending(paper: ReportWriter, units: readonly RunUnit[], alive: boolean): void {
  const begun = units.filter(({ hops }) => hops.some(({ step }) => step !== null));
  for (const unit of begun) {
    const hop = unit.hops.findLast(({ step }) => step !== null);
    const at = hop === undefined ? '' : `, ${hop.image}: ${hop.step} ${hop.state}`;
    paper.item(`${keyOf(unit)}${mark(unit)}${at}`, alive ? 'at work' : 'interrupted', 'plain');
    writeNow(paper, unit, false);
  }
  const waiting = units.filter((unit) => !begun.includes(unit));
  if (waiting.length > 0) paper.line(`not begun: ${waiting.map(keyOf).join(', ')}`);
  for (const unit of waiting) writeNow(paper, unit, true);
}

function writeShort(paper: ReportWriter, unit: RunUnit): void {
  paper.item(`${keyOf(unit)}${mark(unit)}  ${changeInWords(unit)}`, unit.outcome, OUTCOME_TONE[unit.outcome]);
  writeNow(paper, unit, false);
}

function writeNow(paper: ReportWriter, unit: RunUnit, isNamed: boolean): void {
  if (unit.now === null) return;
  const differs = isElsewhere(unit.now, unit);
  paper.note(
    `${isNamed ? `${keyOf(unit)} ` : ''}now: ${nowInWords(unit.now)}${differs ? ' (not what the journal says)' : ''}`,
    differs ? 'bad' : 'plain',
  );
}

/** The unit answers, and runs something else than the journal has it run last. */
function isElsewhere({ firmware }: RunNow, { outcome, before, after }: RunUnit): boolean {
  const last = after ?? (outcome === 'refused' || outcome === 'current' ? before : null);
  if (firmware === null || last === null) return false;
  return firmware.version !== last.version || firmware.microLinkId !== last.microLinkId;
}

const ACTIVITY: Readonly<Record<RunNow['activity'], string>> = {
  idle: 'idle',
  updating: 'updating',
  waiting: 'has an image and waits to install it',
  unknown: 'update state not known',
};

/** `UPS 07.1 (ID17), idle`. Idle is said only of a unit that was asked about an update and said so. */
export function nowInWords({ answers, serial, firmware, activity, note, problem }: RunNow): string {
  switch (answers) {
    case 'same':
      return `${firmware === null ? 'firmware not known' : firmwareWords(firmware)}, ${ACTIVITY[activity]}${note === null ? '' : `: ${note}`}`;
    case 'other':
      return `another unit answers (serial number ${serial ?? 'not known'})`;
    case 'unidentified':
      return `something answers, which unit it is is not known${problem === null ? '' : `: ${problem.message}`}`;
    case 'silent':
      return `silent${problem === null ? '' : `: ${problem.message} [${problem.code}]`}`;
  }
}
