import { buildImage, type ImageRecipe } from '../../../src/sim/device/image-builder.ts';
import type { RawPort } from './raw-port.ts';

/** A minimal XMODEM-CRC sender for the tests of the simulator. */

export const SOH = 0x01;
export const EOT = 0x04;
export const ACK = 0x06;
export const NAK = 0x15;
export const CAN = 0x18;
const BLOCK = 128;

/** A small image for the units with a boot loader. */
export const RECIPE: ImageRecipe = {
  microLinkId: 17,
  version: '07.1',
  parts: ['UBL 07.3'],
  payloadBytes: 2560,
};
export const IMAGE = buildImage(RECIPE);
export const BLOCKS = IMAGE.length / BLOCK;

/** By long division over the bits; polynomial 1021, start 0. */
export function crc(bytes: Uint8Array): number {
  let register = 0;
  for (const byte of [...bytes, 0, 0]) {
    for (let bit = 7; bit >= 0; bit -= 1) {
      register = (register << 1) | ((byte >> bit) & 1);
      if (register > 0xffff) register = (register & 0xffff) ^ 0x1021;
    }
  }
  return register;
}

/** The frame of a block; its number counts from 1. */
export function blockOf(image: Buffer, number: number): Buffer {
  const data = image.subarray((number - 1) * BLOCK, number * BLOCK);
  const sum = crc(data);
  return Buffer.from([SOH, number & 0xff, 0xff - (number & 0xff), ...data, sum >> 8, sum & 0xff]);
}

/** Waits for a request. The banner contains the letter C too. */
export async function waitForRequest(raw: RawPort): Promise<string> {
  return raw.takeUntil(/^C|[\nC]C/);
}

/** The next answer byte; noise and requests are skipped. */
export async function answer(raw: RawPort): Promise<number> {
  for (;;) {
    const [byte = 0] = await raw.take(1);
    if (byte === ACK || byte === NAK || byte === CAN) return byte;
  }
}

/** Result of a transfer. */
export interface Sent {
  readonly naks: number;
  readonly blocks: number;
  /** `cancelled`: the receiver has sent CAN CAN; `refused`: it refused a block too often. */
  readonly end: 'acknowledged' | 'cancelled' | 'refused';
}

const MOST_TRIES = 12;

/** Waits for a request and sends an image; a block without an answer is sent again after a while. */
export async function send(raw: RawPort, image: Buffer): Promise<Sent> {
  await waitForRequest(raw);
  const total = image.length / BLOCK;
  let naks = 0;
  for (let number = 1; number <= total + 1; number += 1) {
    for (let tries = 1; ; tries += 1) {
      const frame = number > total ? Buffer.from([EOT]) : blockOf(image, number);
      const reply = await sendUntilAnswered(raw, frame);
      if (reply === ACK) break;
      if (reply === CAN && (await raw.take(1))[0] === CAN) return { naks, blocks: number, end: 'cancelled' };
      naks += 1;
      if (tries > MOST_TRIES) return { naks, blocks: number, end: 'refused' };
    }
  }
  return { naks, blocks: total, end: 'acknowledged' };
}

/** Repeats the frame each time nothing has arrived for a while. */
async function sendUntilAnswered(raw: RawPort, frame: Buffer): Promise<number> {
  raw.write(frame);
  const again = setInterval(() => raw.write(frame), 400);
  try {
    return await answer(raw);
  } finally {
    clearInterval(again);
  }
}
