import type { PlannedUnit, Problem, Reason, Verdict } from '../../core/index.ts';

/** Reasons that are not rules of a file: they come from the choice itself. Documented in docs/codes.md. */
export const BUILT_IN_CODES = {
  UNREACHABLE: 'The unit could not be looked at.',
  IMAGE_MISSING: 'A newer release is known, and the images folder holds no image of it.',
  IMAGE_DAMAGED: 'The images folder holds an image for the unit that is not intact.',
  IMAGE_AMBIGUOUS: 'Several images of the same id and version have different content.',
  IMAGE_NOT_KNOWN: 'A newer release is known of a described unit, and no image of it.',
  LINE_UNKNOWN: 'The catalogue does not know the Micro-Link id, and the folder holds no image for it.',
  UP_TO_DATE: 'No newer release is known, and none lies in the images folder.',
  ROUTE_GOES_ON: 'The last image changes the line of the unit, and the folder holds none to go on with.',
  NO_SEND_PATH: 'There is no way to send an image to this unit from here.',
  NO_START_WAY:
    'The inventory opens no way to start the update: the image is left on the card for a person to start.',
  DUPLICATE_SERIAL: 'Two units of the inventory answer with the same serial number.',
  OTHER_SERIAL: 'The unit answers with another serial number than the inventory says.',
  START_OPEN: 'A run of this state folder started an update of this unit, and its end is not known.',
  RUN_AT_WORK: 'A run of this state folder started an update of this unit and is at work on it.',
  NOT_APPROVED: 'The plan file that is carried out does not upgrade this unit.',
  CONDITION_UNKNOWN: 'The unit answers, and how it stands could not be read.',
  CARD_NOT_SEEN: 'Firmware of a card was asked for, and no card was seen.',
  CARD_FILES_MISSING: 'The images folder holds no firmware file that the card could take.',
  CARD_FILE_DAMAGED: 'The images folder holds a file for a card that cannot be used.',
  CARD_AMBIGUOUS: 'Several firmware files of one part and version have different content.',
  CARD_UP_TO_DATE: 'No firmware file in the images folder is newer than what the card runs.',
  CARD_FILES_NOT_USED:
    'The images folder holds newer firmware for the card, and this plan leaves the card alone.',
} as const;

export function builtIn(
  code: keyof typeof BUILT_IN_CODES,
  outcome: Reason['outcome'],
  because: string,
  remedy: string,
): Reason {
  return { code, rule: 'choice', outcome, because, remedy, source: 'images folder and catalogue' };
}

/** The verdict on a unit that could be upgraded now, and that an approved plan has as `was`. */
export function notApproved(verdict: PlannedUnit['verdict'], was: string): PlannedUnit['verdict'] {
  const because = `the plan file has this unit as "${was}", so its upgrade was not approved`;
  const reason = builtIn('NOT_APPROVED', 'block', because, 'Make a new plan: upsfw plan --out FILE.');
  return { ...verdict, status: 'blocked', reasons: [{ ...reason, source: 'plan file' }, ...verdict.reasons] };
}

/**
 * The verdict on a unit of which a run of this state folder left a start without a known end. It comes before all other reasons.
 * `isAtWork`: a process is at that run now.
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
        `run ${run} is at work on this unit`,
        `Wait for its end: upsfw status ${run}`,
      )
    : builtIn('START_OPEN', 'block', problem.message.replace(/\.$/, ''), problem.hint);
  const status = verdict.status === 'outdated' ? 'blocked' : verdict.status;
  return { ...verdict, status, reasons: [{ ...reason, source: 'journal of that run' }, ...verdict.reasons] };
}
