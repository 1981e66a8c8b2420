import type { SimulatedLocalDevice } from '../device.ts';
import type { Line } from '../port/line.ts';
import { PacketReader, XMODEM } from './packets.ts';

/** Callbacks of a transfer. */
export interface TransferEvents {
  /** The first block has arrived. */
  begun(): void;
  /** The transfer was aborted, and the boot loader asks again. */
  over(): void;
  /** The boot loader starts over with its banner. */
  restarts(): void;
  /** The complete image has arrived. */
  ended(bytes: Buffer): void;
}

const PATIENCE_SECONDS = 10;
/** The line and the sender need this long, however fast the unit runs. */
const PATIENCE_MS = 600;
const MOST_ERRORS = 10;
/** Required idle time of the line after a damaged block. */
const IDLE_MS = 50;
/** A block that every image has and that is not its last. */
const MIDDLE = 20;
const RESTART_AT = 300;
const NOISE = [0x00, 0xfb, 0x55];

/** The receiving side of XMODEM with CRC, and its faults. */
export class Transfer {
  readonly #device: SimulatedLocalDevice;
  readonly #line: Line;
  readonly #events: TransferEvents;
  readonly #reader = new PacketReader();
  #blocks: Buffer[] = [];
  #errors = 0;
  #answers = 0;
  #endsRefused = 0;
  /** Blocks that a fault has already affected. */
  readonly #faulted = new Set<string>();
  /** A damaged block has arrived, and what follows is ignored. */
  #isPurging = false;
  #cancelTimer: () => void = () => undefined;

  constructor(device: SimulatedLocalDevice, line: Line, events: TransferEvents) {
    this.#device = device;
    this.#line = line;
    this.#events = events;
  }

  receive(bytes: Buffer): void {
    if (this.#isPurging) {
      this.#purge();
      return;
    }
    this.#reader.push(bytes);
    for (let packet = this.#reader.next(); packet !== null; packet = this.#reader.next()) {
      if (packet.kind === 'block') this.#take(packet.number, packet.data);
      else if (packet.kind === 'end') this.#end();
      else if (packet.kind === 'cancel') this.#abort();
      else {
        this.#purge();
        return;
      }
    }
    if (this.#isReceiving || this.#reader.isInBlock) this.#awaitMore();
  }

  get #isReceiving(): boolean {
    return this.#device.state === 'receiving';
  }

  #take(number: number, data: Buffer): void {
    const device = this.#device;
    if (!this.#isReceiving) {
      if (device.state !== 'loader') return;
      if (device.has('loader-refuses') || number !== 1) {
        this.#cancel();
        return;
      }
      this.#begin();
    }
    if (device.has('loader-nak-storm')) {
      this.#answer(XMODEM.nak);
      return;
    }
    if (number === (this.#blocks.length & 0xff) && this.#blocks.length > 0) {
      // The sender did not receive the last answer.
      this.#answer(XMODEM.ack);
      return;
    }
    const wanted = this.#blocks.length + 1;
    if (number !== (wanted & 0xff)) {
      this.#cancel();
      return;
    }
    if (this.#applyFault(wanted)) return;
    this.#errors = 0;
    this.#blocks.push(data);
    device.bytesReceived += data.length;
    if (!(wanted % 5 === 0 && device.has('loader-loses-acks'))) this.#answer(XMODEM.ack);
  }

  #begin(): void {
    this.#blocks = [];
    this.#errors = 0;
    this.#endsRefused = 0;
    this.#faulted.clear();
    this.#device.attempts += 1;
    this.#device.bytesReceived = 0;
    this.#device.become('receiving');
    this.#events.begun();
  }

  /** Applies the faults; true if a new block must not be accepted. */
  #applyFault(number: number): boolean {
    const device = this.#device;
    if (number % 7 === 0 && device.has('loader-loses-blocks') && this.#isFirst(`lost ${number}`)) return true;
    if (number % 3 === 0 && device.has('loader-naks') && this.#isFirst(`refused ${number}`)) {
      this.#answer(XMODEM.nak);
      return true;
    }
    if (number === MIDDLE && device.has('cable-pulled')) {
      this.#line.unplug();
      return true;
    }
    if (number === MIDDLE && device.has('loader-silent-mid-way')) {
      this.#stop();
      device.become('dead');
      return true;
    }
    if (number === MIDDLE && device.spend('loader-cancels')) {
      this.#cancel();
      return true;
    }
    if (number === RESTART_AT && device.spend('loader-restarts-at-300')) {
      this.#stop();
      this.#events.restarts();
      return true;
    }
    return false;
  }

  #isFirst(what: string): boolean {
    const isFirst = !this.#faulted.has(what);
    this.#faulted.add(what);
    return isFirst;
  }

  #end(): void {
    if (!this.#isReceiving) return;
    if (this.#device.has('loader-eot-nak') && this.#endsRefused < 2) {
      this.#endsRefused += 1;
      this.#answer(XMODEM.nak);
      return;
    }
    this.#answer(XMODEM.ack);
    this.#stop();
    this.#events.ended(Buffer.concat(this.#blocks));
  }

  /** The sender has cancelled. */
  #abort(): void {
    if (!this.#isReceiving) return;
    this.#stop();
    this.#events.over();
  }

  #cancel(): void {
    this.#line.send(Buffer.from([XMODEM.cancel, XMODEM.cancel]));
    this.#stop();
    this.#events.over();
  }

  #stop(): void {
    this.#cancelTimer();
    this.#reader.drop();
  }

  #awaitMore(): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#device.after(PATIENCE_SECONDS, () => this.#onTimeout(), PATIENCE_MS);
  }

  #onTimeout(): void {
    this.#reader.drop();
    if (this.#isReceiving) this.#refuse();
  }

  /** Refuses a damaged or missing block; too many of them end the transfer. */
  #refuse(): void {
    if (this.#isReceiving) this.#errors += 1;
    if (this.#errors > MOST_ERRORS) {
      this.#errors = 0;
      this.#abort();
      return;
    }
    this.#answer(XMODEM.nak);
    this.#awaitMore();
  }

  #purge(): void {
    this.#isPurging = true;
    this.#reader.drop();
    this.#cancelTimer();
    this.#cancelTimer = this.#device.after(
      0,
      () => {
        this.#isPurging = false;
        this.#refuse();
      },
      IDLE_MS,
    );
  }

  #answer(byte: number): void {
    this.#answers += 1;
    const noise = this.#device.has('loader-garbage-answers') && this.#answers % 4 === 0 ? NOISE : [];
    this.#line.send(Buffer.from([...noise, byte]));
  }
}
