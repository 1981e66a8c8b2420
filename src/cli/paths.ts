import { readBytes } from '../images/index.ts';
import { createLocalPath } from '../local/index.ts';
import { createNmcPath } from '../nmc/index.ts';
import { createPins, type Paths } from '../run/index.ts';
import { createSnmpHub } from '../snmp/index.ts';
import type { Io } from './io.ts';

/** Both ways to units, and what must be closed after their use. */
export interface OpenPaths {
  readonly paths: Paths;
  close(): Promise<void>;
}

/** The only place that knows every protocol: builds the two paths and hands them to `run`. */
export function openPaths(state: string, io: Io): OpenPaths {
  const hub = createSnmpHub();
  return {
    paths: {
      nmc: createNmcPath({ hub, hostKeys: createPins(state), readBytes }),
      local: createLocalPath({}),
    },
    async close() {
      // Somebody who answers for others may be a router with two addresses, or not.
      if (hub.foreignAnswers > 0)
        io.log.warn({ count: hub.foreignAnswers }, 'SNMP answers came from addresses that were not asked');
      await hub.close();
    },
  };
}
