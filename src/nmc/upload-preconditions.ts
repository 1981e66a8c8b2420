import {
  type NetworkAccess,
  Problem,
  type ProblemCode,
  type SnmpAccess,
  type UnitTarget,
} from '../core/index.ts';
import { SAFE_NAME } from './generations/index.ts';

/** With one of these problems the host may be another one: the password is not sent by a second method. */
export const HOST_IDENTITY: readonly ProblemCode[] = ['link/host-key', 'link/certificate'];

/** Whether upsfw refused a method before it connected. */
export function isRefusedMethod({ code }: Problem): boolean {
  return code.startsWith('refused/');
}

/**
 * The problem that decides, of several methods that all ended in one: the first that was tried and failed,
 * else the first refusal. Undefined without any.
 */
export function firstFailure(problems: readonly Problem[]): Problem | undefined {
  return problems.find((problem) => !isRefusedMethod(problem)) ?? problems[0];
}

/** Why a file cannot be sent to the card of a unit, whatever the file is for; null where it can. */
export function findUploadObstacle({ network }: UnitTarget, file: string): Problem | null {
  if (network === null || (network.login === null && network.unresolved?.login !== true)) {
    return new Problem('refused/no-path', 'The inventory has no login to send the file with.', {
      hint: 'Add login: to the unit in the inventory.',
    });
  }
  if (network.transfer.length === 0) {
    return new Problem('refused/no-path', 'The inventory allows no transfer method.', {
      hint: 'Add scp or ftp to transfer: of the unit.',
    });
  }
  if (SAFE_NAME.test(file)) return null;
  return new Problem('image/name', `The file name "${file}" cannot be used on a card.`, {
    hint: 'Rename the file: letters, digits, dot, hyphen and underscore. A card file keeps the name from the vendor.',
  });
}

/** The credential for a start over SNMP, or why none can be used. */
type WriteAccess =
  | { readonly write: SnmpAccess; readonly problem: null }
  | { readonly write: null; readonly problem: Problem };

export function writeAccess({ write, plaintext }: NetworkAccess): WriteAccess {
  if (write === null) return { write, problem: noCredential() };
  const problem = findWriteObstacle(write.version, plaintext);
  return problem === null ? { write, problem } : { write: null, problem };
}

function findWriteObstacle(version: SnmpAccess['version'] | null, plaintext: boolean): Problem | null {
  if (version === null) return noCredential();
  if (version === '3' || plaintext) return null;
  return new Problem('refused/plaintext', `SNMP version ${version} sends its community without encryption.`, {
    hint: 'Use SNMP version 3, or allow plaintext for this unit: plaintext: true.',
  });
}

function noCredential(): Problem {
  return new Problem('device/start-unavailable', 'The inventory has no SNMP write credential.', {
    hint: 'Add write: to the unit.',
  });
}

/** Why the update of a UPS cannot be started with the inventory as it is; null where a method is open. */
export function findStartObstacle({ network }: UnitTarget): Problem | null {
  if (network === null || network.start.includes('cli')) return null;
  if (network.start.includes('snmp')) {
    return findWriteObstacle(network.write?.version ?? network.unresolved?.write ?? null, network.plaintext);
  }
  return new Problem('device/start-unavailable', 'The inventory allows no start method.', {
    hint: 'Add snmp or cli to start: of the unit.',
  });
}
