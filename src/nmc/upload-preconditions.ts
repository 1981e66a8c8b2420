import {
  type NetworkAccess,
  Problem,
  type ProblemCode,
  type SnmpAccess,
  type StepsAnswer,
  type UnitTarget,
} from '../core/index.ts';
import { SAFE_NAME } from './generations/index.ts';

export function impossible(code: ProblemCode, message: string, hint: string): StepsAnswer {
  return { possible: false, problem: new Problem(code, message, { hint }) };
}

/** A host that may be another one is not given the password by a second way. */
export const HOST_IDENTITY: readonly ProblemCode[] = ['link/host-key', 'link/certificate'];

/** What stands against sending a file to the card of a unit, whatever the file is for; null where nothing does. */
export function cannotSend({ network }: UnitTarget, file: string): StepsAnswer | null {
  if (network === null || (network.login === null && network.unresolved?.login !== true)) {
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

/** The credential for a start over SNMP, or what the inventory has against one. */
type WriteAccess =
  | { readonly write: SnmpAccess; readonly against: null }
  | { readonly write: null; readonly against: Problem };

export function writeAccess({ write, plaintext }: NetworkAccess): WriteAccess {
  if (write === null) return { write, against: noCredential() };
  const against = cannotWrite(write.version, plaintext);
  return against === null ? { write, against } : { write: null, against };
}

function cannotWrite(version: SnmpAccess['version'] | null, plaintext: boolean): Problem | null {
  if (version === null) return noCredential();
  if (version === '3' || plaintext) return null;
  return new Problem('refused/plaintext', `SNMP version ${version} sends its community without encryption.`, {
    hint: 'Use version 3, or allow it with plaintext: true.',
  });
}

function noCredential(): Problem {
  return new Problem('device/start-unavailable', 'The inventory has no write: credential for SNMP.', {
    hint: 'Add write: to the unit.',
  });
}

/** What the inventory has against each way to start the update of a UPS; null where it opens one. */
export function cannotStart({ network }: UnitTarget): Problem | null {
  if (network === null || network.start.includes('cli')) return null;
  if (network.start.includes('snmp')) {
    return cannotWrite(network.write?.version ?? network.unresolved?.write ?? null, network.plaintext);
  }
  return new Problem('device/start-unavailable', 'The inventory allows no way to start the update.', {
    hint: 'Add snmp or cli to start: of the unit.',
  });
}
