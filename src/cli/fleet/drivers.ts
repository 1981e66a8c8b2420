import type { LookContext, Problem, Recording, ServiceLook, UnitTarget } from '../../core/index.ts';
import { readBytes } from '../../images/index.ts';
import { createLocalPath, type LocalPath } from '../../local/index.ts';
import { createLogins, createNmcPath, lookAtServices, recordCard, WAITS } from '../../nmc/index.ts';
import type { Paths } from '../../run/index.ts';
import { createSnmpHub } from '../../snmp/index.ts';
import { createPins, lenientPins } from '../../state/index.ts';
import type { Io } from '../io.ts';
import { rehearsalRoots } from '../rehearsal.ts';

/** Both ways to units, and what must be closed after their use. */
export interface OpenPaths {
  readonly paths: Paths & { readonly local: LocalPath };
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
  const hub = createSnmpHub();
  const pins = createPins(state);
  const warn = ({ message, hint }: Problem): void =>
    io.talk(`Host keys that are new cannot be kept: ${message} ${hint}\n`);
  const hostKeys = use === 'read' ? lenientPins(pins, warn) : pins;
  const waits = { ...WAITS, ...io.waits };
  let loginLimit: (problem: Problem) => void = () => undefined;
  const logins = createLogins({ onLimit: (problem) => loginLimit(problem) });
  return {
    paths: {
      nmc: createNmcPath({ hub, hostKeys, readBytes, waits, logins }),
      local: createLocalPath({
        clock: io.clock,
        readBytes,
        waits: io.localWaits ?? {},
        ...rehearsalRoots(io),
      }),
    },
    services: (target, context) => lookAtServices({ hub, hostKeys }, target, context),
    record: (target, context) => recordCard({ hub, hostKeys, readBytes, waits, logins }, target, context),
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
