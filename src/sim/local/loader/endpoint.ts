import { SIMULATED_MARK } from '../../../core/index.ts';
import { checkFile } from '../../device/image-check.ts';
import type { SimulatedLocalDevice } from '../device.ts';
import type { Line } from '../port/line.ts';
import { XMODEM } from './packets.ts';
import { Transfer } from './transfer.ts';

const ASK_SECONDS = 3;
/** A sender needs so long to answer, however fast the unit lives. */
const ASK_MS = 150;
const ASKS = 9;
const RESTART_SECONDS = 2;
/** From the last byte to the first sign of the new application. */
const PROGRAM_SECONDS = 200;

/**
 * The boot loader of a unit on its serial line: 9600 8N1, asks for an image for ever, and takes it by XMODEM.
 * Its interval between two asks is ours: it is not known.
 * Source: docs/sources/local.md#boot-loader
 */
export class LoaderEndpoint {
  readonly rate = 9600;
  readonly #device: SimulatedLocalDevice;
  readonly #line: Line;
  readonly #transfer: Transfer;
  #asked = 0;
  /** Somebody listens who has not seen the banner. */
  #bannerDue = true;
  #wasOpen = false;
  #cancelAsk: () => void = () => undefined;

  constructor(device: SimulatedLocalDevice, line: Line) {
    this.#device = device;
    this.#line = line;
    this.#transfer = new Transfer(device, line, {
      begun: () => this.#cancelAsk(),
      over: () => this.#askAgain(),
      restarts: () => this.#restart(),
      ended: (image) => this.#ended(image),
    });
  }

  /** The unit is in its boot loader from now on. */
  begin(): void {
    this.#bannerDue = true;
    this.#askAgain();
  }

  receive(bytes: Buffer): void {
    this.#transfer.receive(bytes);
  }

  /** Asks from now on, as if so many asks had been before. */
  #askAgain(asked = 0): void {
    this.#cancelAsk();
    this.#device.become('loader');
    this.#asked = asked;
    this.#ask();
  }

  /** The banner is printed once in real life; here to everybody who opens the port, because it says what is simulated. */
  #ask(): void {
    const isOpen = this.#line.isOpen();
    // Whoever has opened the port a moment ago may still throw away what stands in it.
    if (isOpen && this.#wasOpen) {
      if (this.#bannerDue)
        this.#print('', '', ...(this.#device.persona.loader?.banner ?? []), SIMULATED_MARK);
      if (this.#bannerDue || this.#asked === 0) this.#print(' No Application in memory');
      this.#bannerDue = false;
      this.#line.send(Buffer.from([XMODEM.ask]));
      this.#asked += 1;
    } else if (!isOpen) this.#bannerDue = true;
    this.#wasOpen = isOpen;
    this.#cancelAsk = this.#device.after(ASK_SECONDS, () => this.#askMore(), ASK_MS);
  }

  #askMore(): void {
    if (this.#asked >= ASKS) {
      this.#print('', 'Error XModem retry count exceeded');
      this.#asked = 0;
    }
    this.#ask();
  }

  #restart(): void {
    this.#cancelAsk();
    this.#device.become('loader');
    this.#cancelAsk = this.#device.after(RESTART_SECONDS, () => this.begin());
  }

  #ended(bytes: Buffer): void {
    const device = this.#device;
    device.received = bytes;
    if (device.spend('loader-asks-after-end')) {
      // Without a word between: it looks as if the transfer went on.
      this.#askAgain(1);
      return;
    }
    const image = readInstallable(device, bytes);
    if (image === null) {
      this.#restart();
      return;
    }
    this.#print('', 'UPS Application');
    device.become('programming');
    device.after(PROGRAM_SECONDS, () => {
      if (canRun(device, image)) finishInstall(device, image);
      else device.become('dead');
    });
  }

  #print(...lines: readonly string[]): void {
    this.#line.send(Buffer.from(lines.map((line) => `${line}\r\n`).join(''), 'latin1'));
  }
}

/** An image that the boot loader would install. */
export interface Installable {
  readonly version: string;
  readonly idAfter: number;
  readonly loader: string | null;
}

/** What the boot loader makes of the bytes that arrived: null for an image that is broken, or of other units. */
export function readInstallable(device: SimulatedLocalDevice, bytes: Buffer): Installable | null {
  const found = checkFile(bytes);
  return found.known && found.id === device.microLinkId ? found : null;
}

/**
 * Whether the unit runs with the image; with an older boot loader some releases never start.
 * Source: docs/sources/field-reports.md#boot-loader-of-id-18
 */
export function canRun(device: SimulatedLocalDevice, image: Installable): boolean {
  const { loaderNeeded } = device.persona;
  if (device.has('loader-never-returns')) return false;
  if (loaderNeeded?.microLinkId !== image.idAfter || image.version < loaderNeeded.from) return true;
  // Releases are two digits, a point and a digit, so that they order as texts.
  return (image.loader ?? device.loader) >= loaderNeeded.loader;
}

/** The unit is back with what was installed. */
export function finishInstall(device: SimulatedLocalDevice, image: Installable): void {
  if (!device.has('loader-returns-old')) {
    device.version = image.version;
    device.microLinkId = image.idAfter;
    device.loader = image.loader ?? device.loader;
  }
  if (device.has('loader-returns-other-serial')) device.serial = `${device.serial.slice(0, -1)}X`;
  // Somebody must switch it on.
  // Source: docs/sources/local.md#boot-loader
  device.outputOn = false;
  device.become('application');
}
