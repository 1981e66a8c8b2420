import {
  type LookContext,
  type NetworkAccess,
  Problem,
  type StoredFile,
  type Unit,
  type UnitTarget,
  unitKey,
} from '../core/index.ts';
import type { SnmpHub } from '../snmp/index.ts';
import { echoMayStall } from './generations/index.ts';
import type { Logins } from './session/logins.ts';
import type { ShellOptions } from './session/shell.ts';
import type { HostKeyStore, SshOptions } from './session/ssh.ts';
import type { Timeouts } from './timeouts.ts';

/** What every part of the network path works with. */
export interface NmcDeps {
  readonly hub: SnmpHub;
  readonly hostKeys: HostKeyStore;
  /** The bytes of an image, if its file is still the one that was planned with. */
  readonly readBytes: (image: StoredFile) => Promise<Buffer>;
  readonly timeouts: Timeouts;
  /** What became of the logins of this run. */
  readonly logins?: Logins;
}

/** The network access of a unit. Throws Problem refused/no-path for a unit that has none. */
export function networkOf(target: UnitTarget): NetworkAccess {
  if (target.network !== null) return target.network;
  throw new Problem('refused/no-path', `${unitKey(target)} has no address.`, {
    hint: 'Add host: to the unit in the inventory.',
  });
}

/** What ends a session early, and who is told of what is said in it. A LookContext and a StepContext are one. */
export type SessionContext = Pick<LookContext, 'clock' | 'signal' | 'transcript'> & {
  /** The unit as it was before a hop, where there is one: its card may be known not to stall. */
  readonly before?: Unit;
};

export function sshOptions(
  tools: NmcDeps,
  network: NetworkAccess,
  { clock, signal, transcript }: SessionContext,
): SshOptions {
  return {
    network,
    hostKeys: tools.hostKeys,
    logins: tools.logins,
    handshakeSeconds: tools.timeouts.handshake,
    clock,
    signal,
    ...(transcript === undefined ? {} : { transcript }),
  };
}

export function shellOptions(tools: NmcDeps, network: NetworkAccess, context: SessionContext): ShellOptions {
  return {
    ...sshOptions(tools, network, context),
    commandSeconds: tools.timeouts.command,
    // A card that is known to give its output whole is not given a byte that it did not ask for.
    flushSeconds: echoMayStall(context.before?.card ?? null) ? tools.timeouts.flush : tools.timeouts.command,
  };
}
