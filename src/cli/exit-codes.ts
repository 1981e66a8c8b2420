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
 * The one place that decides what a command ends with. A command ends with 0 only if everything that it was asked for was
 * done or was not needed. `docs/codes.md` holds both tables, and a test compares them.
 */

export type Exit = 0 | 1 | 2 | 3 | 4 | 5 | 130;

/** Each exit code and its meaning, as `upsfw --help` and `docs/codes.md` show it. */
export const EXIT_CODES: readonly { readonly code: Exit; readonly meaning: string }[] = [
  { code: 0, meaning: 'Everything that was asked for is done, or was not needed.' },
  { code: 1, meaning: 'A fault of the tool itself, or its output could not be written.' },
  {
    code: 2,
    meaning: 'Wrong usage, inventory, list, rules, image file, plan file or state folder. Nothing was sent.',
  },
  { code: 3, meaning: 'Something is not done: a unit was refused or not begun, or a look has findings.' },
  {
    code: 4,
    meaning:
      'At least one unit failed or waits for a person, and its state is known; or the journal could not be kept.',
  },
  { code: 5, meaning: 'At least one unit is in an unknown state: go and look.' },
  { code: 130, meaning: 'Stopped by the operator.' },
];

/** What the codes above 0 mean for a command. 1 and 2 mean the same for all; `Also:` says what a command adds to that. */
export const COMMAND_EXITS: Readonly<Record<string, Readonly<Partial<Record<Exit, string>>>>> = {
  discover: {
    3: 'With `--write`: a unit was found and not written, because it contradicts the inventory.',
    130: 'Stopped before the end of the sweep. No inventory was written.',
  },
  audit: {
    2: 'Also: secrets of some units are missing. The others were looked at and are reported, whatever `--fail-on` chooses.',
    3: 'A unit is not current, is affected by an advisory, or has findings about its services; `--fail-on` chooses.',
  },
  import: {
    3: 'An entry of the list was left out: it has a fault, or it contradicts the list or the inventory. What is no unit for this tool does not count.',
  },
  plan: {
    2: 'Also: secrets of some units are missing. The others are planned.',
    3: 'At least one chosen unit is blocked, unsupported, unknown or unreachable. The units that can be upgraded are in the plan.',
  },
  upgrade: {
    2: 'Also: the question was answered with no, or nobody could be asked. Nothing was sent.',
    3: 'At least one chosen unit was refused, at planning or right before its start. Without `--apply`: as for `plan`.',
    4: 'At least one unit failed or did not answer, was refused after a verified hop, or waits for a person.',
    5: 'At least one start has no known end.',
    130: 'Stopped by the operator. At least one unit was not begun.',
  },
  resume: {
    2: 'As for `upgrade`.',
    3: 'As for `upgrade`.',
    4: 'As for `upgrade`.',
    5: 'As for `upgrade`.',
    130: 'As for `upgrade`.',
  },
  status: {
    3: 'At least one unit is refused or not done. A run that is at work ends so until its last unit is done.',
    4: 'As for `upgrade`.',
    5: 'As for `upgrade`.',
    130: 'The operator stopped the run.',
  },
  runs: {},
  explain: { 2: 'A code has no known meaning; the others are explained.' },
  report: {},
  record: { 4: 'The card gave too little for a recording.', 130: 'Stopped. Nothing was kept.' },
  images: { 2: 'At least one file is damaged.' },
  rules: { 2: '`check` found a mistake, or `decide --jsonl` could not read a line.' },
  local: {
    2: 'Also: the question of `recover` was answered with no, or nobody could be asked. Nothing was sent.',
    3: '`recover`: a rule refuses the image.',
    4: '`look`: the unit does not answer. `recover`: the image was not taken.',
    5: '`recover`: what the unit runs is not known.',
    130: 'Stopped by the operator.',
  },
  simulate: {},
  demo: {},
};

/** Everything was done, or was not needed. */
export const DONE: Exit = 0;

/** The operator ended the command before its end. */
export const STOPPED: Exit = 130;

/** Files or lines that cannot be used. */
export function exitOfFiles(unusable: number): Exit {
  return unusable > 0 ? 2 : DONE;
}

/** What a command ends with that ends in a problem. The first part of the code says whose it is. */
export function exitOfProblem({ code }: Pick<Problem, 'code'>): Exit {
  if (code.startsWith('internal/')) return 1;
  if (code.startsWith('config/') || code.startsWith('image/')) return 2;
  if (code === 'refused/interrupted') return STOPPED;
  if (code === 'refused/confirmation') return 2;
  return code.startsWith('refused/') ? 3 : 4;
}

/** A command whose output was lost, by the code that it would end with: nobody saw what was done, refused or found. */
export function exitOfLostOutput(exit: string | number | null | undefined): string | number {
  return exit === undefined || exit === null || exit === DONE || exit === 3 ? 1 : exit;
}

/** A look at one device. */
export function exitOfLook(hasContent: boolean): Exit {
  return hasContent ? DONE : 4;
}

/** An audit: `found`, something that it shall fail on. */
export function exitOfAudit(found: boolean): Exit {
  return found ? 3 : DONE;
}

/** A look at some of the chosen units: the secrets of the others are missing, which is for the one who wrote the configuration. */
export function exitOfPart(exit: Exit, unasked: number): Exit {
  return unasked > 0 ? 2 : exit;
}

/** Units that were to be written into an inventory: what was done with each, and what was said of the entries of a list. */
export function exitOfMerge(said: readonly { readonly kind: string }[]): Exit {
  return said.some(({ kind }) => kind === 'conflict' || kind === 'left-out') ? 3 : DONE;
}

/** A plan: 0 only if every chosen unit is current or can be upgraded. A unit without a plan is a finding. */
export function exitOfPlan({ units }: Pick<Plan, 'units'>): Exit {
  const isFine = units.every(
    ({ verdict, hops }) => verdict.status === 'current' || (verdict.status === 'outdated' && hops.length > 0),
  );
  return isFine ? DONE : 3;
}

/** Who is at the run: `alive`, another process is; `stopped`, the operator ended it. */
export interface RunStanding {
  readonly stopped: boolean;
  readonly alive: boolean;
}

/** A run: the worst wins, 5 over 4 over 130 over 3. Anything but `upgraded` and `current` is not done. */
export function exitOfRun(record: RunRecord, { stopped, alive }: RunStanding): Exit {
  const { units } = record;
  // What a living process is at is under way, not in doubt.
  if (units.some((unit) => (alive ? unit.outcome === 'unknown' : inDoubt(unit)))) return 5;
  if (units.some((unit) => unit.outcome === 'failed' || stoppedMidRoute(unit) || needsManualAction(unit)))
    return 4;
  // What the journal does not hold, the next one who asks does not hear.
  if (record.problem !== null || units.some(wasStoppedByDisk)) return 4;
  // A stop that came when nothing was left to begin took nothing away.
  const isDone = units.every(({ outcome }) => outcome === 'upgraded' || outcome === 'current');
  if (isDone) return DONE;
  return stopped || (wasStoppedByOperator(record) && !alive) ? STOPPED : 3;
}

/** The demonstration: some of its units are refused on purpose, and any other end is a fault of it. */
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
