import { randomInt } from 'node:crypto';
import { runSums } from './check.ts';

/** Bytes of page 0 that enter a response; two of them are also its start. */
const HEAD = 8;
/** Length of a nonce, and of the response to it. */
export const HALF = 2;

/**
 * The response to a nonce: running sums that begin with the Micro-Link id, go over the head of page 0, the
 * whole field of the serial number and the nonce.
 * Source: docs/sources/local.md#microlink-password
 */
export function responseTo(nonce: Uint8Array, pageZero: Uint8Array, serialField: Uint8Array): Buffer {
  const start = runSums(pageZero.subarray(0, HEAD), [pageZero[4] ?? 0, pageZero[3] ?? 0]);
  return Buffer.from(runSums(nonce, runSums(serialField, start)));
}

/** Bytes that nobody has seen before; 00 and FF would be the same to the sums. */
export function freshNonce(): Buffer {
  return Buffer.from(Array.from({ length: HALF }, () => randomInt(1, 0xff)));
}
