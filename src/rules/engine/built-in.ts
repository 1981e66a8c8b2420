import type { PlannedUnit, Problem, Reason, Transport, Verdict } from '../../core/index.ts';

/** Codes of reasons that the code gives, not a rule of a file. docs/codes.md lists them. */
export const BUILT_IN_CODES = {
  UNREACHABLE: 'The unit does not answer.',
  NOT_READ: 'A device answers, but it gives no unit to evaluate.',
  LOST_UPS: 'The card answers, but it has lost its UPS.',
  SIGNS_CONTRADICT: 'Some signs of the device are those of another kind of device.',
  IMAGE_MISSING: 'A newer release is known, but the images folder has no image of it.',
  IMAGE_DAMAGED: 'The images folder has an image for the unit that is damaged.',
  IMAGE_AMBIGUOUS: 'Several images of the same ID and version have different content.',
  IMAGE_NOT_KNOWN: 'A newer release is known for a described unit, but no image of it.',
  IMAGE_LEFT_OUT: 'The images folder has an image for the unit that was not public on the day of --as-of.',
  LINE_UNKNOWN:
    'The catalogue does not contain the Micro-Link ID, and the images folder has no image for it.',
  UP_TO_DATE: 'No newer release is known, and the images folder has none.',
  ROUTE_GOES_ON:
    'The last image changes the Micro-Link ID, and the images folder has no image for the next hop.',
  NO_SEND_PATH: 'The tool has no transport that can send an image to this unit.',
  NO_START_WAY:
    'The inventory allows no method to start the update. The image stays on the card until a person starts it.',
  DUPLICATE_SERIAL: 'Two units of the inventory report the same serial number.',
  OTHER_SERIAL: 'The unit reports another serial number than the inventory names.',
  START_OPEN: 'A run of this state folder started an update of this unit, and its result is not known.',
  RUN_AT_WORK: 'A run of this state folder is updating this unit now.',
  NOT_APPROVED: 'The plan file does not upgrade this unit.',
  CONDITION_UNKNOWN: 'The unit answers, but its condition cannot be read.',
  CARD_NOT_SEEN: 'A card firmware update was requested, but no card was found.',
  CARD_FILES_MISSING: 'The images folder has no firmware file for this card.',
  CARD_FILE_DAMAGED: 'The images folder has a card file that cannot be used.',
  CARD_FILE_RENAMED: 'The images folder has a newer card file whose name was changed, so it is not used.',
  CARD_FILE_PACKED: 'The images folder has a package with newer firmware for the card that is not unpacked.',
  CARD_AMBIGUOUS: 'Several card files of one part and version have different content.',
  CARD_UP_TO_DATE: 'No card file in the images folder is newer than the firmware of the card.',
  CARD_FILES_NOT_USED: 'The images folder has newer firmware for the card, which this plan does not install.',
} as const;

export function builtIn(
  code: keyof typeof BUILT_IN_CODES,
  outcome: Reason['outcome'],
  because: string,
  remedy: string,
): Reason {
  return { code, rule: 'built-in', outcome, because, remedy, source: 'images folder and catalogue' };
}

/**
 * The verdict on a unit of the inventory that cannot be evaluated, although something answers or because
 * nothing was asked. `listed`: the serial number of the inventory.
 */
export function notRead(
  problem: Pick<Problem, 'code' | 'message' | 'hint'>,
  listed: string | null,
  transport: Transport,
): Verdict {
  const isLost = problem.code === 'device/lost-ups';
  const expected =
    isLost && listed !== null ? `; the inventory has serial number ${listed}, which cannot be compared` : '';
  const because = `${problem.message.replace(/\.$/, '')}${expected}`;
  const reason = builtIn(isLost ? 'LOST_UPS' : 'NOT_READ', 'unknown', because, problem.hint);
  const reasons = [{ ...reason, source: 'look' }];
  return { status: 'unknown', target: null, hops: [], transport, wizard: null, reasons };
}

/** The verdict with a warning that some signs of the device contradict its kind. */
export function withDoubt(verdict: Verdict, doubt: string | null): Verdict {
  if (doubt === null) return verdict;
  const remedy = 'Check on site what the card is in, and whether its firmware and settings are right.';
  const reason = { ...builtIn('SIGNS_CONTRADICT', 'warn', doubt, remedy), source: 'look' };
  return { ...verdict, reasons: [...verdict.reasons, reason] };
}

/** The verdict on a unit with the images for it that were not used because of `--as-of`, as notes. */
export function withLeftOut(
  verdict: Verdict,
  microLinkId: number | null,
  leftOut: readonly {
    readonly file: string;
    readonly microLinkId: number | null;
    readonly because: string;
  }[],
): Verdict {
  const own = leftOut.filter((one) => one.microLinkId !== null && one.microLinkId === microLinkId);
  if (own.length === 0) return verdict;
  const reasons = own.map(({ file, because }) =>
    builtIn(
      'IMAGE_LEFT_OUT',
      'warn',
      `${file} was left out: ${because}`,
      'Leave --as-of out to evaluate with all images of the folder.',
    ),
  );
  return { ...verdict, reasons: [...verdict.reasons, ...reasons] };
}

/** The verdict on a unit that can be upgraded now, but has the status `was` in the approved plan. */
export function notApproved(verdict: PlannedUnit['verdict'], was: string): PlannedUnit['verdict'] {
  const because = `the plan file lists this unit as "${was}", so its upgrade is not approved`;
  const reason = builtIn('NOT_APPROVED', 'block', because, 'Make a new plan: upsfw plan --out FILE.');
  return { ...verdict, status: 'blocked', reasons: [{ ...reason, source: 'plan file' }, ...verdict.reasons] };
}

/**
 * The verdict on a unit whose update was started by a run of this state folder and has no known result. This
 * reason comes first. `isAtWork`: a process executes that run now.
 */
export function startOpen(
  verdict: Verdict,
  { run, problem }: { readonly run: string; readonly problem: Problem },
  isAtWork: boolean,
): Verdict {
  const reason = isAtWork
    ? builtIn(
        'RUN_AT_WORK',
        'block',
        `run ${run} is updating this unit`,
        `Wait until it ends: upsfw status ${run}`,
      )
    : builtIn('START_OPEN', 'block', problem.message.replace(/\.$/, ''), problem.hint);
  const status = verdict.status === 'outdated' ? 'blocked' : verdict.status;
  return { ...verdict, status, reasons: [{ ...reason, source: 'journal of that run' }, ...verdict.reasons] };
}
