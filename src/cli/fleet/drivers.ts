import type { LookContext, Problem, Recording, ServiceLook, UnitTarget } from '../../core/index.ts';
import { readBytes } from '../../images/index.ts';
import { createLocalDriver, type LocalDriver } from '../../local/index.ts';
import { createLogins, createNmcDriver, lookAtServices, recordCard, TIMEOUTS } from '../../nmc/index.ts';
import type { Drivers } from '../../run/index.ts';
import { createSnmpHub } from '../../snmp/index.ts';
import { createKnownHosts, createLenientKnownHosts } from '../../state/index.ts';
import type { Io } from '../io.ts';
import { simulatedDeviceRoots } from '../simulation.ts';

/** The drivers, what else reads cards over their connections, and what must be closed after use. */
export interface OpenDrivers {
  readonly drivers: Drivers & { readonly local: LocalDriver };
  /** Finds out which services of a card are on. Only reads. Throws Problem config/state. */
  services(target: UnitTarget, context: LookContext): Promise<ServiceLook>;
  /** Reads everything that a card gives without being changed. Throws Problem config/state. */
  record(target: UnitTarget, context: LookContext): Promise<Recording>;
  /** Calls `handler` once for each credential that several cards refused. */
  onLoginLimit(handler: (problem: Problem) => void): void;
  close(): Promise<void>;
}

/**
 * The only place that knows every protocol: it builds both drivers. `read`: for commands that write to no
 * device. They continue with a warning where a new host key cannot be saved.
 */
export function openDrivers(state: string, io: Io, use: 'read' | 'write' = 'write'): OpenDrivers {
  const hub = createSnmpHub({ clock: io.clock, ...io.snmpTimeouts });
  const knownHosts = createKnownHosts(state);
  const warn = ({ message, hint }: Problem): void =>
    io.info(`New host keys cannot be saved: ${message} ${hint}\n`);
  const hostKeys = use === 'read' ? createLenientKnownHosts(knownHosts, warn) : knownHosts;
  const timeouts = { ...TIMEOUTS, ...io.timeouts };
  let loginLimit: (problem: Problem) => void = () => undefined;
  const logins = createLogins({ onLimit: (problem) => loginLimit(problem) });
  return {
    drivers: {
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
      // Another address may be a second address of a router, or an attack.
      if (hub.foreignAnswers > 0)
        io.log.warn({ count: hub.foreignAnswers }, 'SNMP answers came from addresses that were not asked');
      await hub.close();
    },
  };
}
