import type { Io } from './io.ts';
import type { Progress } from './progress.ts';

/** What the first, second and third Ctrl-C of a command do that writes to devices. */
export interface InterruptStages {
  /** Shown at the first Ctrl-C. */
  readonly first: string;
  /** Shown at the second Ctrl-C, before `abort`. */
  readonly second: string;
  /** Called at every Ctrl-C. A terminal that closes calls it too; null: it is then ignored. */
  readonly stop: (() => void) | null;
  abort(): void;
  /** Called at the third Ctrl-C, when progress is no longer shown. Gives the exit code of the process. */
  leave(): Promise<number>;
}

export interface Interrupts {
  /** Whether the operator or a closed terminal interrupted the command. */
  happened(): boolean;
  release(): void;
}

/**
 * Handles Ctrl-C in three stages until `release` is called. A closed terminal counts as one Ctrl-C however
 * often it is signalled: it must never abort or leave a started update. Throws Problem refused/interrupted
 * where the command was stopped before.
 */
export function handleInterrupts(io: Io, progress: Progress, stages: InterruptStages): Interrupts {
  // The operator may have stopped the command before this moment.
  io.stop.throwIfAborted();
  let count = 0;
  const release = io.onInterrupt((kind) => {
    if (kind === 'hangup' && stages.stop === null) return;
    stages.stop?.();
    count = kind === 'hangup' ? Math.max(count, 1) : count + 1;
    if (kind === 'hangup') return;
    if (count === 1) progress.message(stages.first);
    else if (count === 2) {
      progress.message(stages.second);
      stages.abort();
    } else {
      const leave = (code: number): never => process.exit(code);
      void progress.end().then(stages.leave, stages.leave).then(leave);
    }
  });
  return { happened: () => count > 0, release };
}
