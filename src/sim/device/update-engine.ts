import { type CheckedImage, checkFile, type FileCheck } from './image-check.ts';
import { cardReaches, isCardGateClosed, needsOtherLoader } from './installed.ts';
import { setOutput } from './outputs.ts';
import { type DeviceState, type StartAnswer, type StartMethod, UPDATE } from './state.ts';
import { EVENTS, fileFailed, type TransferEnd, transferFinished } from './texts.ts';

export interface UpdateFile {
  readonly name: string;
  readonly bytes: Buffer;
}

/** XMODEM at 9600 baud, as the card sends it to the UPS. Source: docs/sources/card.md#transfer-to-the-ups */
const BYTES_PER_SECOND = 850;
const RESTART_SECONDS = 45;
const FAST_FAILURE_SECONDS = 2;
/** Delay after the transfer of a unit that installs by itself. */
const TWO_STEP_SECONDS = 60;
const CARD_REBOOT_SECONDS = 90;
/** A transfer is reported in this many steps; faults refer to them. */
const STEPS = 20;

/** Sends a file to the UPS and installs it, or fails in one of the known ways. */
export class UpdateEngine {
  readonly #device: DeviceState;
  /** The received image of a two-step unit that does not run it yet. */
  #staged: CheckedImage | null = null;

  constructor(device: DeviceState) {
    this.#device = device;
  }

  /** What the card reports about a file; a format that its application does not know is unknown. */
  check(bytes: Buffer | undefined): FileCheck & { readonly compatible: boolean } {
    const device = this.#device;
    const found = bytes === undefined ? { known: false as const } : checkFile(bytes);
    const { format4From } = device.persona;
    if (
      found.known &&
      found.format >= 4 &&
      format4From !== null &&
      !cardReaches(device.card.appVersion, format4From)
    )
      return { known: false, compatible: false };
    const compatible = found.known && found.id === device.microLinkId && !device.has('cli-incompatible');
    return { ...found, compatible };
  }

  /** Handles a start request; counted whatever the result. */
  start(file: UpdateFile | null, method: StartMethod): StartAnswer {
    const device = this.#device;
    device.counters.starts += 1;
    if (device.phase !== 'idle' || !device.linkUp) return 'busy';
    if (file === null) return 'no-file';
    device.update = UPDATE.inProcess;
    device.phase = 'transferring';
    if (this.#outputForbids(method)) {
      this.#failSoon(file.name);
      return 'refused';
    }
    device.counters.startsAccepted += 1;
    // A new image replaces the staged one.
    this.#staged = null;
    device.progress = { sent: 0, total: file.bytes.length };
    device.log(EVENTS.transferBegun);
    const check = this.check(file.bytes);
    if (!check.known || !check.compatible || this.#isBlocked()) this.#failSoon(file.name);
    else this.#send(file, check);
    return 'started';
  }

  /** The second step of a two-step unit: installs the received image. False if there is none. */
  installStaged(): boolean {
    const image = this.#staged;
    if (image === null || this.#device.phase !== 'idle') return false;
    this.#staged = null;
    this.#restart(image);
    return true;
  }

  /** The output was switched off. */
  outputWentOff(): void {
    if (this.#device.persona.twoStep === 'next-off') this.installStaged();
  }

  /** Only the command line can ask; SNMP cannot. */
  #outputForbids(method: StartMethod): boolean {
    const { outputOnUpdate } = this.#device.persona;
    if (!this.#device.outputOn || outputOnUpdate === 'allowed') return false;
    return outputOnUpdate === 'refused' || method !== 'confirmed';
  }

  #isBlocked(): boolean {
    const { persona, microLinkId, version, card } = this.#device;
    if (!persona.smartSlot || isCardGateClosed(persona, microLinkId, version)) return true;
    return persona.minApp !== null && !cardReaches(card.appVersion, persona.minApp);
  }

  #send(file: UpdateFile, image: CheckedImage): void {
    const device = this.#device;
    const total = file.bytes.length;
    const step = (done: number): void => {
      device.progress = { sent: Math.round((total * done) / STEPS), total };
      if (done === STEPS / 2) this.#halfWay();
      device.changed();
      if (device.has('update-stuck') && done >= STEPS / 2) return;
      if (
        (device.has('update-cancelled') && done >= STEPS / 2) ||
        (device.has('update-fails-late') && done >= STEPS * 0.95)
      ) {
        this.#fail(file.name, 'Xmodem Cancel');
        return;
      }
      if (done >= STEPS) {
        device.log(transferFinished('Done'));
        if (device.persona.twoStep === null) this.#restart(image);
        else this.#stage(image);
        return;
      }
      device.after(total / BYTES_PER_SECOND / STEPS, () => step(done + 1));
    };
    step(0);
  }

  #halfWay(): void {
    const device = this.#device;
    if (device.has('mains-fail-during-update')) {
      device.onBattery = true;
      setOutput(device, false);
    }
    if (device.has('card-reboots-during-update')) device.card.restart(CARD_REBOOT_SECONDS);
  }

  /** The UPS has the image, the card reports success, and the old release keeps running. */
  #stage(image: CheckedImage): void {
    const device = this.#device;
    this.#staged = image;
    device.phase = 'idle';
    device.update = UPDATE.successful;
    device.progress = null;
    device.changed();
    if (device.persona.twoStep === 'now') device.after(TWO_STEP_SECONDS, () => this.installStaged());
    if (!device.outputOn) this.outputWentOff();
  }

  #restart(image: CheckedImage): void {
    const device = this.#device;
    device.log(EVENTS.linkLost);
    device.loader = image.loader ?? device.loader;
    const bricked = needsOtherLoader(device.persona, image.idAfter, image.version, device.loader);
    const isGone = device.has('never-returns') || device.has('never-returns-forgotten');
    device.phase = bricked || isGone ? 'lost' : 'restarting';
    device.changed();
    if (device.phase === 'lost') return;
    device.after(RESTART_SECONDS, () => this.#return(image));
  }

  #return(image: CheckedImage): void {
    const device = this.#device;
    if (!device.has('returns-unchanged')) {
      device.version = device.has('returns-other-version') ? neighbour(image.version) : image.version;
      device.microLinkId = image.idAfter;
    }
    if (device.has('returns-other-serial')) device.serial = `${device.serial.slice(0, -1)}X`;
    if (device.has('alarm-after-update')) device.alarm = true;
    if (device.has('mains-fail-during-update')) device.onBattery = false;
    if (device.has('output-off-after-update')) setOutput(device, false);
    device.phase = 'idle';
    if (!device.has('update-object-lies')) device.update = UPDATE.successful;
    device.progress = null;
    device.log(EVENTS.linkRestored);
    device.changed();
  }

  #failSoon(name: string): void {
    this.#device.changed();
    this.#device.after(FAST_FAILURE_SECONDS, () => this.#fail(name, 'Refused'));
  }

  #fail(name: string, end: TransferEnd): void {
    const device = this.#device;
    device.log(transferFinished(end));
    device.log(EVENTS.transferFailed);
    device.log(fileFailed(name));
    device.phase = 'idle';
    device.update = UPDATE.failed;
    device.progress = null;
    device.changed();
  }
}

/** A release that is neither the old one nor the one that was sent. */
function neighbour(version: string): string {
  const [whole = '00', tenth = '0'] = version.split('.');
  return `${whole}.${(Number(tenth) + 3) % 10}`;
}
