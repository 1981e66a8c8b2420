/**
 * The only source of time. It is a parameter everywhere, so that a simulation can run fast and a test can
 * stop time.
 */
export interface Clock {
  /** Wall time. */
  now(): Date;
  /** Milliseconds from an arbitrary start; never goes back. */
  monotonic(): number;
  /** Waits. Ends early, without an error, when the signal is aborted. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

/**
 * A clock for a device that runs `speed` times faster: waits are shorter, elapsed time is longer. Wall time
 * stays real, because windows and journals refer to it.
 */
export function scaledClock(clock: Clock, speed: number): Clock {
  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic() * speed,
    sleep: (milliseconds, signal) => clock.sleep(milliseconds / speed, signal),
  };
}
