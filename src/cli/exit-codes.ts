import type { Plan, Problem } from '../core/index.ts';
import {
  inDoubt,
  needsManualAction,
  type RunRecord,
  stoppedMidRoute,
  wasStoppedByDisk,
  wasStoppedByOperator,
} from '../state/index.ts';

/**
 * The only place that decides exit codes. A command exits with 0 only if everything requested is done or was
 * not needed. `docs/codes.md` has both tables, and a test compares them.
 */

export type Exit = 0 | 1 | 2 | 3 | 4 | 5 | 130;

/** Each exit code and its meaning, as `upsfw --help` and `docs/codes.md` show it. */
export const EXIT_CODES: readonly { readonly code: Exit; readonly meaning: string }[] = [
  { code: 0, meaning: 'Everything requested is done, or was not needed.' },
  { code: 1, meaning: 'An internal error of upsfw.' },
  {
    code: 2,
    meaning:
      'A mistake in the command line, inventory, list, rules, image file, plan file or state folder, and nothing was sent; or the output could not be written.',
  },
  {
    code: 3,
    meaning: 'Something is not done: a unit was refused or not started, or an audit or plan has findings.',
  },
  {
    code: 4,
    meaning:
      'At least one unit failed or waits for a person, and its state is known; or the journal could not be written.',
  },
  { code: 5, meaning: 'At least one unit is in an unknown state: inspect it on site.' },
  { code: 130, meaning: 'Stopped by the operator.' },
];

/**
 * What the codes above 0 mean for a command. 1 and 2 mean the same for all; `Also:` is an addition to that.
 */
export const COMMAND_EXITS: Readonly<Record<string, Readonly<Partial<Record<Exit, string>>>>> = {
  discover: {
    3: 'With `--write`: a unit was not written because it contradicts the inventory.',
    130: 'Stopped before the end of the sweep. No inventory was written.',
  },
  audit: {
    2: 'Also: secrets of some units are missing. The other units are reported. Takes precedence over `--fail-on`.',
    3: 'A unit is not current, is affected by an advisory, or has findings about its services. `--fail-on` selects what counts.',
  },
  import: {
    3: 'An entry was left out because it has a mistake, or contradicts the list or the inventory. Entries that are not Smart-UPS units do not count.',
  },
  plan: {
    2: 'Also: secrets of some units are missing. The others are planned.',
    3: 'At least one chosen unit is blocked, unsupported, unknown or unreachable. The plan has the units that can be upgraded.',
  },
  upgrade: {
    2: 'Also: the answer to the question was not yes, or there was no terminal. Nothing was sent.',
    3: 'At least one chosen unit was refused, in the plan or right before its start. Without `--apply`: as for `plan`.',
    4: 'At least one unit failed, did not answer, was refused after a verified hop, or waits for a person.',
    5: 'The result of at least one start is not known.',
    130: 'Stopped by the operator. At least one unit was not started.',
  },
  resume: {
    2: 'As for `upgrade`.',
    3: 'As for `upgrade`.',
    4: 'As for `upgrade`.',
    5: 'As for `upgrade`.',
    130: 'As for `upgrade`.',
  },
  status: {
    3: 'At least one unit is refused or not done. A running run gives 3 until its last unit is done.',
    4: 'As for `upgrade`.',
    5: 'As for `upgrade`.',
    130: 'The operator stopped the run.',
  },
  runs: {},
  explain: { 2: 'A code is unknown. The others are explained.' },
  report: {},
  record: { 4: 'The card answered too little for a recording.', 130: 'Stopped. Nothing was saved.' },
  images: { 2: 'At least one file is damaged, or differs from `--sha256`.' },
  rules: { 2: '`check` found a mistake, or `decide --jsonl` could not read a line.' },
  local: {
    2: 'Also, for `recover`: the answer to the question was not yes, or there was no terminal. Nothing was sent.',
    3: 'A rule refuses the image. `recover`: the unit runs its firmware, or the image file has changed.',
    4: '`inspect`: the unit does not answer. `recover`: the unit did not take the image.',
    5: '`recover`: the firmware of the unit is not known.',
    130: 'Stopped by the operator.',
  },
  simulate: {},
  demo: {},
};

/** Everything is done, or was not needed. */
export const DONE: Exit = 0;

/** The operator ended the command before its end. */
export const STOPPED: Exit = 130;

/** A unit on which nothing was started. */
export function exitWithoutStart(outcome: 'refused' | 'failed'): Exit {
  return outcome === 'refused' ? 3 : 4;
}

/** Files or lines that cannot be used. */
export function exitOfFiles(unusable: number): Exit {
  return unusable > 0 ? 2 : DONE;
}

/** The exit code of a command that ends in a problem, by the first part of the problem code. */
export function exitOfProblem({ code }: Pick<Problem, 'code'>): Exit {
  if (code.startsWith('internal/')) return 1;
  if (code.startsWith('config/') || code.startsWith('image/')) return 2;
  if (code === 'refused/interrupted') return STOPPED;
  if (code === 'refused/confirmation') return 2;
  return code.startsWith('refused/') ? 3 : 4;
}

/**
 * The exit code of a command whose output was lost, by its own exit code: nobody saw its result. The user
 * chose the file, so it is no defect of the tool.
 */
export function exitOfLostOutput(exit: string | number | null | undefined): string | number {
  return exit === undefined || exit === null || exit === DONE || exit === 3 ? 2 : exit;
}

/** An inspection of one device. */
export function exitOfInspection(hasContent: boolean): Exit {
  return hasContent ? DONE : 4;
}

/** An audit. `found`: it has findings of the kinds to fail on. */
export function exitOfAudit(found: boolean): Exit {
  return found ? 3 : DONE;
}

/**
 * A command that skipped `unasked` chosen units because their secrets are missing: a mistake in the
 * configuration.
 */
export function exitOfPart(exit: Exit, unasked: number): Exit {
  return unasked > 0 ? 2 : exit;
}

/** Units merged into an inventory: the changes, and the notes about entries of a list. */
export function exitOfMerge(entries: readonly { readonly kind: string }[]): Exit {
  return entries.some(({ kind }) => kind === 'conflict' || kind === 'left-out') ? 3 : DONE;
}

/** A plan: 0 only if every chosen unit is current or can be upgraded. */
export function exitOfPlan({ units }: Pick<Plan, 'units'>): Exit {
  const isFine = units.every(
    ({ verdict, hops }) => verdict.status === 'current' || (verdict.status === 'outdated' && hops.length > 0),
  );
  return isFine ? DONE : 3;
}

/** `alive`: another process executes the run. `stopped`: the operator ended this command. */
export interface RunLiveness {
  readonly stopped: boolean;
  readonly alive: boolean;
}

/** A run: the worst result wins, 5 over 4 over 130 over 3. Only `upgraded` and `current` are done. */
export function exitOfRun(record: RunRecord, { stopped, alive }: RunLiveness): Exit {
  const { units } = record;
  // An open update of a live process is in progress, not in doubt.
  if (units.some((unit) => (alive ? unit.outcome === 'unknown' : inDoubt(unit)))) return 5;
  if (units.some((unit) => unit.outcome === 'failed' || stoppedMidRoute(unit) || needsManualAction(unit)))
    return 4;
  // An incomplete journal is worse than an unfinished run.
  if (record.problem !== null || units.some(wasStoppedByDisk)) return 4;
  // A stop after the last unit changed nothing.
  const isDone = units.every(({ outcome }) => outcome === 'upgraded' || outcome === 'current');
  if (isDone) return DONE;
  return stopped || (!alive && wasStopped(record)) ? STOPPED : 3;
}

/** The process may have ended before it could record why its units are not done. */
function wasStopped(record: RunRecord): boolean {
  const { ended } = record;
  return wasStoppedByOperator(record) || (ended.how === 'recorded' && ended.exitCode === STOPPED);
}

/** The demo: some of its units are refused on purpose, so 3 is expected. */
export function exitOfDemo(upgrade: Exit): Exit {
  return upgrade === 3 ? DONE : upgrade;
}

/** The short table below the help text. */
export function exitHelp(): string {
  return [
    'Exit codes:',
    ...EXIT_CODES.map(({ code, meaning }) => `${String(code).padStart(5)}  ${meaning}`),
  ].join('\n');
}
