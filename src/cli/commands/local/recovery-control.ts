import type { Journal } from '../../../state/index.ts';
import { STOPPED } from '../../exit-codes.ts';
import { recordExitSoon } from '../../fleet/execute.ts';
import { handleInterrupts } from '../../interrupts.ts';
import type { Io } from '../../io.ts';
import { createProgress } from '../../progress.ts';

/** Progress and interrupts while an image is sent to a boot loader. */
export interface RecoveryControl {
  /** Aborted when the transfer shall be cancelled. */
  readonly stop: AbortSignal;
  interrupted(): boolean;
  progress(note: string, fraction: number | null): void;
  end(): Promise<void>;
}

/**
 * The first Ctrl-C only asks: a cancelled transfer leaves the unit in its boot loader. A closed terminal is
 * ignored, so that it never cancels a transfer.
 */
export function createRecoveryControl(
  journal: Journal,
  key: string,
  args: { readonly quiet: boolean; readonly json: boolean },
  io: Io,
): RecoveryControl {
  const stop = new AbortController();
  const shown = createProgress(io, args.quiet || args.json, [key]);
  const { release } = handleInterrupts(io, shown, {
    first:
      'The transfer continues. Ctrl-C again cancels it: the unit then waits in its boot loader as before.',
    second: 'Cancelling the transfer and informing the boot loader. Ctrl-C again exits.',
    stop: null,
    abort: () => stop.abort(),
    leave: async () => {
      io.info(`Exiting. The journal is complete. To see the result: upsfw resume ${journal.run}\n`);
      await recordExitSoon(journal, STOPPED, io);
      return STOPPED;
    },
  });
  let ended: Promise<void> | null = null;
  return {
    stop: stop.signal,
    interrupted: () => stop.signal.aborted,
    progress: (note, fraction) => {
      io.log.info({ unit: key, fraction }, note);
      shown.unit(key, note, fraction);
    },
    end() {
      ended ??= shown.end().finally(release);
      return ended;
    },
  };
}
