import { type LocalLookDocument, renderLocalLook } from '../../../report/index.ts';
import { createLocks } from '../../../state/index.ts';
import { exitOfLook, STOPPED } from '../../exit-codes.ts';
import { openPaths } from '../../fleet/drivers.ts';
import { stateFolder } from '../../options.ts';
import type { LocalAction } from './action.ts';
import { portLock, portTarget } from './port-target.ts';

/** `local inspect PORT`: who is at a port that is named. Only asks, unless passwords shall be exchanged. */
export const lookAction: LocalAction = {
  words: ['PORT'],
  takes: ['authenticate'],
  async run(args, io) {
    const [port = ''] = args.words;
    const target = portTarget(port);
    const state = stateFolder(args, io);
    const stop = new AbortController();
    const release = io.onInterrupt(() => stop.abort());
    const open = openPaths(state, io, 'read');
    const lock = await createLocks(state).take(await portLock(target), `local inspect ${port}`);
    try {
      io.info('Listening first, then asking; a silent port takes about half a minute.\n');
      const { unit, seen, problem } = await open.paths.local.lookAt(target, stop.signal, {
        authenticate: args.authenticate,
      });
      if (stop.signal.aborted) return STOPPED;
      const document: LocalLookDocument = {
        schema: 'upsfw/local-look@1',
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
      if (args.json) io.out(`${JSON.stringify(document, null, 2)}\n`);
      else io.out(renderLocalLook(document, { format: 'text', color: io.color && args.color }));
      return exitOfLook(problem === null);
    } finally {
      await lock.release();
      await open.close();
      release();
    }
  },
};
