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

/** What every part of the card driver works with. */
export interface NmcDeps {
  readonly hub: SnmpHub;
  readonly hostKeys: HostKeyStore;
  /** Reads an image. Throws where its file is no longer the one that was planned with. */
  readonly readBytes: (image: StoredFile) => Promise<Buffer>;
  readonly timeouts: Timeouts;
  /** The logins of this run and their results. */
  readonly logins?: Logins;
}

/** The network access of a unit. Throws Problem refused/no-path for a unit that has none. */
export function networkOf(target: UnitTarget): NetworkAccess {
  if (target.network !== null) return target.network;
  throw new Problem('refused/no-path', `${unitKey(target)} has no address.`, {
    hint: 'Add host: to the unit in the inventory.',
  });
}

/** What a session needs of a LookContext or a StepContext. */
export type SessionContext = Pick<LookContext, 'clock' | 'signal' | 'transcript'> & {
  /** The unit before the hop, if there is one: its card may be known not to hold output back. */
  readonly before?: Unit;
};

export function sshOptions(
  deps: NmcDeps,
  network: NetworkAccess,
  { clock, signal, transcript }: SessionContext,
): SshOptions {
  return {
    network,
    hostKeys: deps.hostKeys,
    logins: deps.logins,
    handshakeSeconds: deps.timeouts.handshake,
    clock,
    signal,
    ...(transcript === undefined ? {} : { transcript }),
  };
}

export function shellOptions(deps: NmcDeps, network: NetworkAccess, context: SessionContext): ShellOptions {
  return {
    ...sshOptions(deps, network, context),
    commandSeconds: deps.timeouts.command,
    quietSeconds: deps.timeouts.flush,
    // A card that is known to send its output completely gets no extra byte.
    mayHoldBack: echoMayStall(context.before?.card ?? null),
  };
}
