import type { Clock } from '../../../src/core/index.ts';
import { systemClock } from '../../../src/files/index.ts';

/** A clock that jumps, as after a sleep of the process or the machine. */
export interface SleepyClock extends Clock {
  /** The machine is suspended, so the monotonic clock stops. */
  sleepThrough(milliseconds: number): void;
  /** The process is stopped, and both clocks run. */
  stopFor(milliseconds: number): void;
}

export function jumpingClock(): SleepyClock {
  let wall = 0;
  let monotonic = 0;
  return {
    now: () => new Date(systemClock.now().getTime() + wall),
    monotonic: () => systemClock.monotonic() + monotonic,
    sleep: (milliseconds, signal) => systemClock.sleep(milliseconds, signal),
    sleepThrough: (milliseconds) => {
      wall += milliseconds;
    },
    stopFor: (milliseconds) => {
      wall += milliseconds;
      monotonic += milliseconds;
    },
  };
}
