/** Header of one image record, as far as it is known. */
export interface ImageRecord {
  readonly format: number;
  readonly slot: number;
  readonly payloadBytes: number;
  readonly id: number;
  readonly name: string;
}

const BLOCK = 128;

/** A second implementation of the two running sums, so that a defect of the first one shows. */
function fletcher(bytes: Uint8Array): number {
  let a = 0;
  let b = 0;
  for (const byte of bytes) {
    a = (a + byte) % 256;
    b = (b + a) % 256;
  }
  return b * 256 + a;
}

/** One record with a payload that no unit would run. `number`: its place in the file. */
export function buildRecord(record: ImageRecord, number: number): Buffer {
  const payload = Buffer.alloc(Math.ceil(record.payloadBytes / BLOCK) * BLOCK);
  for (let at = 0; at < record.payloadBytes; at += 1) payload[at] = (at * 7 + number * 31 + record.id) % 251;
  const header = Buffer.alloc(BLOCK);
  header[0x00] = record.format;
  header[0x01] = record.slot;
  header.writeUInt32BE(record.payloadBytes, 0x06);
  header.writeUInt32BE(record.id, 0x0a);
  header.writeUInt16BE(fletcher(payload), 0x10);
  header[0x13] = record.name.length;
  header.write(record.name, 0x14, 'latin1');
  header.writeUInt16BE(fletcher(header.subarray(0, 0x7e)), 0x7e);
  return Buffer.concat([header, payload]);
}
