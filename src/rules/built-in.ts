import type { Reason } from '../core/index.ts';

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
  DUPLICATE_SERIAL: 'Two units of the inventory answer with the same serial number.',
  OTHER_SERIAL: 'The unit answers with another serial number than the inventory says.',
} as const;

export function builtIn(
  code: keyof typeof BUILT_IN_CODES,
  outcome: Reason['outcome'],
  because: string,
  remedy: string,
): Reason {
  return { code, rule: 'choice', outcome, because, remedy, source: 'images folder and catalogue' };
}
