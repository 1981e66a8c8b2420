/** Milliseconds for a test that runs several processes, many units or long waits. Other tests have 30 s. */
export const LONG = 180_000;
