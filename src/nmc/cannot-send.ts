import { Problem, type ProblemCode, type StepsAnswer, type UnitTarget } from '../core/index.ts';
import { SAFE_NAME } from './generations/index.ts';

export function impossible(code: ProblemCode, message: string, hint: string): StepsAnswer {
  return { possible: false, problem: new Problem(code, message, { hint }) };
}

/** A host that may be another one is not given the password by a second way. */
export const ANOTHER_HOST: readonly ProblemCode[] = ['link/host-key', 'link/certificate'];

/** What stands against sending a file to the card of a unit, whatever the file is for; null where nothing does. */
export function cannotSend({ network }: UnitTarget, file: string): StepsAnswer | null {
  if (network?.login == null) {
    return impossible(
      'refused/no-path',
      'There is no login to send the file with.',
      'Add login: to the unit in the inventory.',
    );
  }
  if (network.transfer.length === 0) {
    return impossible(
      'refused/no-path',
      'The inventory allows no way to send files.',
      'Add scp or ftp to transfer: of the unit.',
    );
  }
  if (SAFE_NAME.test(file)) return null;
  return impossible(
    'image/name',
    `The file name "${file}" cannot be used on a card.`,
    'Rename the file: letters, digits, dot, dash and underscore. A file for the card keeps the name that the vendor gave it.',
  );
}
