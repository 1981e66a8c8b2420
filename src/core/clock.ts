/** Time as the tool sees it. Handed in everywhere, so that a rehearsal can run fast and a test can stand still. */
export interface Clock {
  /** Wall time. */
  now(): Date;
  /** Milliseconds from an arbitrary start; never goes back. */
  monotonic(): number;
  /** Waits; ends early, without an error, when the signal is aborted. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

/**
 * The same clock for a device whose time runs `speed` times faster: waits are shorter, elapsed time is longer.
 * Wall time stays true, because windows and journals are about the world outside.
 */
export function scaledClock(clock: Clock, speed: number): Clock {
  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic() * speed,
    sleep: (milliseconds, signal) => clock.sleep(milliseconds / speed, signal),
  };
}
