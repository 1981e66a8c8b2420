/** Start bit, eight data bits with the lowest first, stop bit (8N1). */
const BITS = 10;

/**
 * The bytes that a receiver at one rate reads when they were sent at another. It waits for a falling edge and
 * samples the middle of each expected bit. With equal rates the bytes are unchanged; otherwise they are noise
 * or nothing.
 */
export function receivedAt(bytes: Uint8Array, sentRate: number, receivedRate: number): Buffer {
  if (sentRate === receivedRate) return Buffer.from(bytes);
  const level = levels(bytes);
  const step = sentRate / receivedRate;
  const at = (position: number): number => level[Math.floor(position)] ?? 1;
  const received: number[] = [];
  let position = 0;
  while (position < level.length) {
    if (at(position) === 1) {
      position = Math.floor(position) + 1;
      continue;
    }
    // Too short for a start bit.
    if (at(position + step / 2) === 1) {
      position = Math.floor(position) + 1;
      continue;
    }
    let byte = 0;
    for (let bit = 0; bit < 8; bit += 1) byte |= at(position + step * (bit + 1.5)) << bit;
    received.push(byte);
    position += step * (BITS - 0.5);
    // After a wrong stop bit the line must be idle first.
    while (position < level.length && at(position) === 0) position = Math.floor(position) + 1;
  }
  return Buffer.from(received);
}

/** The line level over time, one value per bit. */
function levels(bytes: Uint8Array): Uint8Array {
  const line = new Uint8Array(bytes.length * BITS);
  bytes.forEach((byte, index) => {
    for (let bit = 0; bit < 8; bit += 1) line[index * BITS + 1 + bit] = (byte >> bit) & 1;
    line[index * BITS + BITS - 1] = 1;
  });
  return line;
}
