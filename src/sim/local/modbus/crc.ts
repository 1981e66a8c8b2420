/** CRC-16 of Modbus RTU: polynomial A001 (mirrored), start FFFF. In a frame its low byte comes first. */
export function modbusCrc(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ 0xa001;
  }
  return crc;
}

/** The bytes with their CRC behind them. */
export function withCrc(bytes: Uint8Array): Buffer {
  const crc = modbusCrc(bytes);
  return Buffer.from([...bytes, crc & 0xff, crc >>> 8]);
}
