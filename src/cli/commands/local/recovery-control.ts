import { STOPPED } from '../../exit-codes.ts';
import type { Io } from '../../io.ts';
import { createProgress } from '../../progress.ts';

/** What the operator sees and says while an image is sent. */
export interface RecoveryControl {
  /** Aborted when the sending shall be cancelled. */
  readonly stop: AbortSignal;
  interrupted(): boolean;
  progress(note: string, fraction: number | null): void;
  end(): Promise<void>;
}

/**
 * Ctrl-C once asks whether it is meant: an image that is broken off leaves the unit in its boot loader, where it was. Twice cancels the
 * sending and tells the loader; three times leaves.
 */
export function recoveryControl(
  run: string,
  key: string,
  args: { readonly quiet: boolean; readonly json: boolean },
  io: Io,
): RecoveryControl {
  const stop = new AbortController();
  const shown = createProgress(io, args.quiet || args.json, [key]);
  let interrupts = 0;
  const release = io.onInterrupt((kind) => {
    // A terminal that has gone never means to break off what was begun.
    if (kind === 'hangup') return;
    interrupts += 1;
    if (interrupts === 1)
      shown.say(
        'The sending goes on. Once more cancels it: the unit then waits in its boot loader as before.',
      );
    else if (interrupts === 2) {
      shown.say('Cancelling the sending, and telling the boot loader. Once more leaves.');
      stop.abort();
    } else {
      void shown.end().finally(() => {
        io.info(`Leaving. The journal is true; ask what became of it with: upsfw resume ${run}\n`);
        process.exit(STOPPED);
      });
    }
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
