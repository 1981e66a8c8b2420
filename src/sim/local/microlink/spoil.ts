/** The record with a wrong second check byte. */
export function wrongSum(record: Buffer): Buffer {
  const spoilt = Buffer.from(record);
  const last = spoilt.length - 1;
  spoilt[last] = (spoilt[last] ?? 0) ^ 0x55;
  return spoilt;
}
