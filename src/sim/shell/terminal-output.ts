import type { SimulatedDevice } from '../device/device.ts';

/** Bytes that a stalling card holds back until the next byte of input. */
const TAIL = 12;

/** Output from the command line to the client, with the quirks of cards. Source: docs/sources/card.md#ssh */
export class TerminalOutput {
  readonly #device: SimulatedDevice;
  readonly #send: (text: string) => void;
  #held = '';

  constructor(device: SimulatedDevice, send: (text: string) => void) {
    this.#device = device;
    this.#send = send;
  }

  write(text: string): void {
    const shaped = this.#device.has('shell-cr-only') ? text.replaceAll('\r\n', '\r') : text;
    if (this.#device.persona.echo === 'plain') {
      this.#emit(shaped);
      return;
    }
    const all = this.#held + shaped;
    const cut = Math.max(all.length - TAIL, 0);
    this.#held = all.slice(cut);
    this.#emit(all.slice(0, cut));
  }

  /** A byte of input has arrived, or the session ends: sends what was held back. */
  release(): void {
    const held = this.#held;
    this.#held = '';
    this.#emit(held);
  }

  #emit(text: string): void {
    if (text === '') return;
    if (!this.#device.has('shell-splits')) {
      this.#send(text);
      return;
    }
    for (const character of text) this.#send(character);
  }
}
