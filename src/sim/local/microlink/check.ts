/** The modulus of a byte-wise Fletcher checksum, which cannot tell 00 from FF. */
const MODULUS = 255;

/** The two running sums over some bytes, starting from given values. */
export function runSums(
  bytes: Uint8Array,
  from: readonly [number, number] = [0, 0],
): readonly [number, number] {
  let [first, second] = from;
  for (const byte of bytes) {
    first = (first + byte) % MODULUS;
    second = (second + first) % MODULUS;
  }
  return [first, second];
}

/**
 * The two check bytes of a record or a write; with them both sums are zero.
 * Source: docs/sources/local.md#microlink-check-bytes
 */
export function checkBytes(bytes: Uint8Array): readonly [number, number] {
  const [first, second] = runSums(bytes);
  const one = MODULUS - ((first + second) % MODULUS);
  const two = MODULUS - ((first + one) % MODULUS);
  return [one, two];
}

/** The bytes followed by their check bytes. */
export function withCheck(bytes: Uint8Array): Buffer {
  return Buffer.from([...bytes, ...checkBytes(bytes)]);
}

/** Whether the last two bytes are exactly the check bytes of those before, not just modulo 255. */
export function isChecked(frame: Uint8Array): boolean {
  const [one, two] = checkBytes(frame.subarray(0, -2));
  return frame.at(-2) === one && frame.at(-1) === two;
}

/** The record with a wrong second check byte. */
export function wrongSum(record: Buffer): Buffer {
  const damaged = Buffer.from(record);
  const last = damaged.length - 1;
  damaged[last] = (damaged[last] ?? 0) ^ 0x55;
  return damaged;
}
