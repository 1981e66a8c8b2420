import type { LookContext, Problem, Recording, ServiceLook, UnitTarget } from '../../core/index.ts';
import { readBytes } from '../../images/index.ts';
import { createLocalDriver, type LocalDriver } from '../../local/index.ts';
import { createLogins, createNmcDriver, lookAtServices, recordCard, TIMEOUTS } from '../../nmc/index.ts';
import type { Drivers } from '../../run/index.ts';
import { createSnmpHub } from '../../snmp/index.ts';
import { createKnownHosts, createLenientKnownHosts } from '../../state/index.ts';
import type { Io } from '../io.ts';
import { simulatedDeviceRoots } from '../simulation.ts';

/** Both ways to units, and what must be closed after their use. */
export interface OpenPaths {
  readonly paths: Drivers & { readonly local: LocalDriver };
  /** Looks which services a card has on. Only reads. Throws Problem config/state. */
  services(target: UnitTarget, context: LookContext): Promise<ServiceLook>;
  /** Reads everything of a card that can be read without changing anything. Throws Problem config/state. */
  record(target: UnitTarget, context: LookContext): Promise<Recording>;
  /** Calls back once for each credential that several cards refused. */
  onLoginLimit(handler: (problem: Problem) => void): void;
  close(): Promise<void>;
}

/**
 * The only place that knows every protocol: builds the two paths and hands them to `run`. `read`: for commands that write to no device,
 * which go on with a warning where a new host key cannot be kept.
 */
export function openPaths(state: string, io: Io, use: 'read' | 'write' = 'write'): OpenPaths {
  const hub = createSnmpHub({ clock: io.clock });
  const pins = createKnownHosts(state);
  const warn = ({ message, hint }: Problem): void =>
    io.info(`Host keys that are new cannot be kept: ${message} ${hint}\n`);
  const hostKeys = use === 'read' ? createLenientKnownHosts(pins, warn) : pins;
  const timeouts = { ...TIMEOUTS, ...io.timeouts };
  let loginLimit: (problem: Problem) => void = () => undefined;
  const logins = createLogins({ onLimit: (problem) => loginLimit(problem) });
  return {
    paths: {
      nmc: createNmcDriver({ hub, hostKeys, readBytes, timeouts, logins }),
      local: createLocalDriver({
        clock: io.clock,
        readBytes,
        timeouts: io.localTimeouts ?? {},
        ...simulatedDeviceRoots(io),
      }),
    },
    services: (target, context) => lookAtServices({ hub, hostKeys }, target, context),
    record: (target, context) => recordCard({ hub, hostKeys, readBytes, timeouts, logins }, target, context),
    onLoginLimit(handler) {
      loginLimit = handler;
    },
    async close() {
      // Somebody who answers for others may be a router with two addresses, or not.
      if (hub.foreignAnswers > 0)
        io.log.warn({ count: hub.foreignAnswers }, 'SNMP answers came from addresses that were not asked');
      await hub.close();
    },
  };
}
