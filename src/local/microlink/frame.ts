/** Bytes that a host sends alone. Source: docs/sources/local.md#microlink-control-bytes */
export const CONTROL = { start: 0xfd, next: 0xfe, prefix: 0xf7 } as const;

/** A record is a page ID, the page and two check bytes. */
export const RECORD_OVERHEAD = 3;

/**
 * The two check bytes for the bytes before them (verified with 32 public frames).
 * Source: docs/sources/local.md#microlink-check-bytes
 */
export function checkBytes(bytes: Uint8Array): readonly [number, number] {
  let low = 0;
  let high = 0;
  for (const byte of bytes) {
    low = (low + byte) % 255;
    high = (high + low) % 255;
  }
  const first = 255 - ((low + high) % 255);
  return [first, 255 - ((low + first) % 255)];
}

/** Whether the last two bytes are the check bytes of those before them. */
export function isWhole(frame: Uint8Array): boolean {
  if (frame.length < RECORD_OVERHEAD) return false;
  const [first, second] = checkBytes(frame.subarray(0, -2));
  return frame.at(-2) === first && frame.at(-1) === second;
}

/** A write to a page: ID, offset, length, data and check bytes. */
export function writeFrame(page: number, offset: number, bytes: Uint8Array): Buffer {
  const head = Buffer.from([page, offset, bytes.length, ...bytes]);
  return Buffer.concat([head, Buffer.from(checkBytes(head))]);
}
