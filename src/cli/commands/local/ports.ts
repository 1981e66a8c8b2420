import { listPorts } from '../../../local/index.ts';
import { renderLocalPorts } from '../../../report/index.ts';
import { DONE } from '../../exit-codes.ts';
import { printDocument } from '../../print.ts';
import { simulatedDeviceRoots } from '../../simulation.ts';
import type { LocalAction } from './action.ts';

/**
 * `local ports`: lists ports, units and the programs that hold them. Opens no port, so other programs are not
 * disturbed.
 */
export const portsAction: LocalAction = {
  values: [],
  options: [],
  async run(args, io) {
    const roots = simulatedDeviceRoots(io);
    const document = {
      schema: 'upsfw/local-ports@1' as const,
      generatedAt: io.clock.now().toISOString(),
      simulated: roots.sysfsRoot !== undefined,
      ...(await listPorts(roots)),
    };
    printDocument(document, args, io, renderLocalPorts);
    return DONE;
  },
};
