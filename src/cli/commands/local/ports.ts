import { listPorts } from '../../../local/index.ts';
import { renderLocalPorts } from '../../../report/index.ts';
import { DONE } from '../../exit-codes.ts';
import { simulatedDeviceRoots } from '../../simulation.ts';
import type { LocalAction } from './action.ts';

/** `local ports`: what is at the ports of this machine and who holds it. Opens none, so it is safe beside any other program. */
export const portsAction: LocalAction = {
  words: [],
  takes: [],
  async run(args, io) {
    const roots = simulatedDeviceRoots(io);
    const document = {
      schema: 'upsfw/local-ports@1' as const,
      generatedAt: io.clock.now().toISOString(),
      simulated: roots.sysfsRoot !== undefined,
      ...(await listPorts(roots)),
    };
    if (args.json) io.out(`${JSON.stringify(document, null, 2)}\n`);
    else io.out(renderLocalPorts(document, { format: 'text', color: io.color && args.color }));
    return DONE;
  },
};
