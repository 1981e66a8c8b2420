import type { SimulatedLocalDevice } from './device.ts';
import type { Line } from './port/line.ts';

/** Printable characters: each may be a command, and several switch the output off. */
const SEEN = /^[!-~]$/;

/**
 * UPS-Link of older units: 2400 8N1, single letters. Only queries are answered.
 * Source: docs/sources/local.md#ups-link
 */
export class UpsLinkEndpoint {
  readonly rate = 2400;
  readonly #device: SimulatedLocalDevice;
  readonly #line: Line;
  /** `Y` was received: without it the unit answers nothing. */
  #isSmart = false;

  constructor(device: SimulatedLocalDevice, line: Line) {
    this.#device = device;
    this.#line = line;
  }

  receive(bytes: Buffer): void {
    for (const byte of bytes) this.#take(byte);
  }

  #take(byte: number): void {
    const letter = String.fromCharCode(byte);
    if (letter === 'Y') this.#isSmart = true;
    const answer = this.#answers()[letter];
    if (answer !== undefined) {
      if (this.#isSmart) this.#line.send(Buffer.from(`${answer}\r\n`, 'latin1'));
      return;
    }
    if (SEEN.test(letter)) this.#device.dangerous += 1;
  }

  #answers(): Readonly<Record<string, string>> {
    const { persona, serial, version } = this.#device;
    return {
      Y: 'SM',
      V: persona.upsLink?.letters ?? '',
      b: version,
      n: serial,
      '\u0001': persona.upsLink?.model ?? '',
    };
  }
}
