import { type LocalInspectDocument, renderLocalInspect } from '../../../report/index.ts';
import { createLocks } from '../../../state/index.ts';
import { exitOfInspection } from '../../exit-codes.ts';
import { openDrivers } from '../../fleet/drivers.ts';
import { stateFolder } from '../../options.ts';
import { printDocument } from '../../print.ts';
import { interrupted } from '../../stoppable.ts';
import type { LocalAction } from './action.ts';
import { portLock, portTarget } from './port-target.ts';

/** `local inspect PORT`: identifies the unit at a port. Only reads, unless passwords are exchanged. */
export const inspectAction: LocalAction = {
  values: ['PORT'],
  options: ['authenticate'],
  async run(args, io) {
    const [port = ''] = args.values;
    const target = portTarget(port);
    const state = stateFolder(args, io);
    const stop = new AbortController();
    const release = io.onInterrupt(() => stop.abort());
    const open = openDrivers(state, io, 'read');
    const lock = await createLocks(state).take(await portLock(target), `local inspect ${port}`);
    try {
      io.info('Listening first, then sending requests. A silent port takes about half a minute.\n');
      const { unit, seen, problem } = await open.drivers.local.lookAt(target, stop.signal, {
        authenticate: args.authenticate,
      });
      if (stop.signal.aborted) throw interrupted('Stopped. The port was not read completely.');
      const document: LocalInspectDocument = {
        schema: 'upsfw/local-inspect@1',
        generatedAt: io.clock.now().toISOString(),
        port,
        protocol: seen?.protocol ?? null,
        description: seen?.description ?? null,
        unit,
        parts: seen?.parts ?? [],
        loader:
          seen?.loader == null
            ? null
            : { lines: seen.loader.lines, withoutApplication: seen.loader.withoutApplication },
        exchange: seen?.exchange ?? null,
        notes: seen?.notes ?? [],
        problem: problem?.toJSON() ?? null,
      };
      printDocument(document, args, io, renderLocalInspect);
      return exitOfInspection(problem === null);
    } finally {
      await lock.release();
      await open.close();
      release();
    }
  },
};
