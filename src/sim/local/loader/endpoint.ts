import { SIMULATED_MARK } from '../../../core/index.ts';
import { checkFile } from '../../device/image-check.ts';
import type { SimulatedLocalDevice } from '../device.ts';
import type { Line } from '../port/line.ts';
import { XMODEM } from './packets.ts';
import { Transfer } from './transfer.ts';

const ASK_SECONDS = 3;
/** A sender needs this long to answer, however fast the unit runs. */
const ASK_MS = 150;
const ASKS = 9;
const RESTART_SECONDS = 2;
/** From the last byte until the new application answers. */
const PROGRAM_SECONDS = 200;

/**
 * The boot loader of a unit on its serial line: 9600 8N1, asks for an image forever and accepts it by XMODEM.
 * The real interval between two requests is not known.
 * Source: docs/sources/local.md#boot-loader
 */
export class LoaderEndpoint {
  readonly rate = 9600;
  readonly #device: SimulatedLocalDevice;
  readonly #line: Line;
  readonly #transfer: Transfer;
  #asked = 0;
  /** A program has opened the port and not seen the banner yet. */
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

  /** The unit has entered its boot loader. */
  begin(): void {
    this.#bannerDue = true;
    this.#askAgain();
  }

  receive(bytes: Buffer): void {
    this.#transfer.receive(bytes);
  }

  /** Starts to ask, as if this many requests had been sent. */
  #askAgain(asked = 0): void {
    this.#cancelAsk();
    this.#device.become('loader');
    this.#asked = asked;
    this.#ask();
  }

  /**
   * A real loader prints its banner once. This one prints it for every program that opens the port, because
   * it says that the unit is simulated.
   */
  #ask(): void {
    const isOpen = this.#line.isOpen();
    // A program that just opened the port may still discard its input.
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
      // Without any text between, as if the transfer continued.
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

/** Checks the received bytes: null for an image that is damaged or for other units. */
export function readInstallable(device: SimulatedLocalDevice, bytes: Buffer): Installable | null {
  const found = checkFile(bytes);
  return found.known && found.id === device.microLinkId ? found : null;
}

/**
 * Whether the unit runs with the image; some releases never start with an older boot loader.
 * Source: docs/sources/field-reports.md#boot-loader-of-id-18
 */
export function canRun(device: SimulatedLocalDevice, image: Installable): boolean {
  const { loaderNeeded } = device.persona;
  if (device.has('loader-never-returns')) return false;
  if (loaderNeeded?.microLinkId !== image.idAfter || image.version < loaderNeeded.from) return true;
  // Releases have two digits, a point and a digit, so they sort as text.
  return (image.loader ?? device.loader) >= loaderNeeded.loader;
}

/** The unit returns with the installed image. */
export function finishInstall(device: SimulatedLocalDevice, image: Installable): void {
  if (!device.has('loader-returns-old')) {
    device.version = image.version;
    device.microLinkId = image.idAfter;
    device.loader = image.loader ?? device.loader;
  }
  if (device.has('loader-returns-other-serial')) device.serial = `${device.serial.slice(0, -1)}X`;
  // The output must be switched on at the panel.
  // Source: docs/sources/local.md#boot-loader
  device.outputOn = false;
  device.become('application');
}
