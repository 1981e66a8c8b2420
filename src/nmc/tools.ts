import type { NetworkAccess, StoredImage } from '../core/index.ts';
import { Problem, type UnitTarget, unitKey } from '../core/index.ts';
import type { SnmpHub } from '../snmp/index.ts';
import type { ShellOptions } from './shell.ts';
import type { HostKeyStore, SshOptions } from './ssh.ts';
import type { Waits } from './waits.ts';

/** What every part of the network path works with. */
export interface Tools {
  readonly hub: SnmpHub;
  readonly hostKeys: HostKeyStore;
  /** The bytes of an image, if its file is still the one that was planned with. */
  readonly readBytes: (image: StoredImage) => Promise<Buffer>;
  readonly waits: Waits;
}

/** The network access of a unit. Throws Problem refused/no-path for a unit that has none. */
export function networkOf(target: UnitTarget): NetworkAccess {
  if (target.network !== null) return target.network;
  throw new Problem('refused/no-path', `${unitKey(target)} has no address.`, {
    hint: 'Add host: to the unit in the inventory.',
  });
}

export function sshOptions(tools: Tools, network: NetworkAccess, signal: AbortSignal): SshOptions {
  return { network, hostKeys: tools.hostKeys, handshakeSeconds: tools.waits.handshake, signal };
}

export function shellOptions(tools: Tools, network: NetworkAccess, signal: AbortSignal): ShellOptions {
  return {
    ...sshOptions(tools, network, signal),
    commandSeconds: tools.waits.command,
    flushSeconds: tools.waits.flush,
  };
}
