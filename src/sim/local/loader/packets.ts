/** XMODEM control bytes. */
export const XMODEM = { block: 0x01, end: 0x04, ack: 0x06, nak: 0x15, cancel: 0x18, ask: 0x43 } as const;

const DATA = 128;
/** Start, number, its complement, data, CRC. */
const BLOCK = 3 + DATA + 2;

/** A packet of the sender. `damaged`: a block whose number, complement or CRC is wrong. */
export type Packet =
  | { readonly kind: 'block'; readonly number: number; readonly data: Buffer }
  | { readonly kind: 'damaged' | 'end' | 'cancel' };

/** Assembles received bytes into XMODEM-CRC packets with blocks of 128 bytes. */
export class PacketReader {
  #received: Buffer = Buffer.alloc(0);

  /** A block is incomplete. */
  get isInBlock(): boolean {
    return this.#received[0] === XMODEM.block;
  }

  /** Drops an incomplete packet. */
  drop(): void {
    this.#received = Buffer.alloc(0);
  }

  push(bytes: Buffer): void {
    this.#received = Buffer.concat([this.#received, bytes]);
  }

  /** The next packet; null if none is complete. */
  next(): Packet | null {
    for (;;) {
      const [first, second] = this.#received;
      if (first === undefined) return null;
      if (first === XMODEM.end) return this.#take(1, { kind: 'end' });
      if (first === XMODEM.block) {
        if (this.#received.length < BLOCK) return null;
        return this.#take(BLOCK, readBlock(this.#received.subarray(0, BLOCK)));
      }
      // A single one may be noise.
      if (first === XMODEM.cancel) {
        if (second === undefined) return null;
        if (second === XMODEM.cancel) return this.#take(2, { kind: 'cancel' });
      }
      this.#received = this.#received.subarray(1);
    }
  }

  #take(length: number, packet: Packet): Packet {
    this.#received = this.#received.subarray(length);
    return packet;
  }
}

function readBlock(frame: Buffer): Packet {
  const [, number = 0, complement = 0] = frame;
  const data = Buffer.from(frame.subarray(3, 3 + DATA));
  const isValid = number + complement === 0xff && frame.readUInt16BE(3 + DATA) === xmodemCrc(data);
  return isValid ? { kind: 'block', number, data } : { kind: 'damaged' };
}

/** CRC-16 of XMODEM: polynomial 1021, start 0. */
export function xmodemCrc(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1)
      crc = ((crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021) & 0xffff;
  }
  return crc;
}
