import { EventEmitter } from 'node:events';
import { type Counters, freshCounters } from './counters.ts';
import type { Fault } from './faults.ts';
import { type CheckedImage, checkFile, type FileCheck } from './image-check.ts';
import { cardPathIsShut, loaderAt, needsOtherLoader } from './installed.ts';
import type { Persona } from './personas.ts';

/** What the UPS is at. `lost`: the card has no word from it and never will again. */
export type Phase = 'idle' | 'transferring' | 'restarting' | 'lost';

/** Values of upsAdvControlFirmwareUpdate. */
export const UPDATE = { none: 1, requested: 2, inProcess: 3, successful: 4, failed: 5 } as const;
export type UpdateValue = (typeof UPDATE)[keyof typeof UPDATE];

export type StartAnswer = 'started' | 'busy' | 'no-file' | 'refused';

/** XMODEM at 9600 baud, as the card sends it to the UPS (card notes, 1.4). */
const BYTES_PER_SECOND = 850;
const RESTART_SECONDS = 45;
const FAST_FAILURE_SECONDS = 2;

/** A UPS with its card: one state machine behind all faces. Times are in seconds of its own clock. */
export class SimulatedDevice extends EventEmitter {
  readonly name: string;
  readonly site: string;
  readonly serial: string;
  readonly cardSerial: string;
  readonly persona: Persona;
  readonly speed: number;
  readonly counters: Counters = freshCounters();
  /** Files in the card's `upsfw` folder. */
  readonly files = new Map<string, Buffer>();
  readonly eventLog: string[] = [];
  version: string;
  microLinkId: number | null;
  /** Boot loader of the UPS; null = one older than any that an image asks for. */
  loader: string | null;
  phase: Phase = 'idle';
  update: UpdateValue = UPDATE.none;
  /** Bytes sent to the UPS and bytes to send, while an update is on. */
  progress: { readonly sent: number; readonly total: number } | null = null;
  onBattery = false;
  outputOn = true;
  batteryPercent = 100;
  readonly #faults: Set<Fault>;
  readonly #timers = new Set<NodeJS.Timeout>();
  #lastFile: string | null = null;

  constructor(options: {
    readonly name: string;
    readonly site: string;
    readonly serial: string;
    readonly persona: Persona;
    readonly speed: number;
    readonly faults: readonly Fault[];
  }) {
    super();
    this.setMaxListeners(0);
    this.name = options.name;
    this.site = options.site;
    this.serial = options.serial;
    this.cardSerial = `ZA${options.serial.slice(2)}`;
    this.persona = options.persona;
    this.speed = options.speed;
    this.#faults = new Set(options.faults);
    this.version = options.persona.ups.version;
    this.microLinkId = options.persona.ups.microLinkId;
    this.loader = loaderAt(options.persona, this.version);
    if (this.has('stale-result')) this.update = UPDATE.failed;
  }

  has(fault: Fault): boolean {
    return this.#faults.has(fault);
  }

  /** From now on the device misbehaves in this way too. */
  inject(fault: Fault): void {
    this.#faults.add(fault);
  }

  /** From now on the device does not misbehave in this way any more. */
  mend(fault: Fault): void {
    this.#faults.delete(fault);
  }

  /** The firmware string as the card shows it. */
  get firmware(): string {
    return this.microLinkId === null ? this.version : `UPS ${this.version} (ID${this.microLinkId})`;
  }

  /** The card has word from its UPS. */
  get linkUp(): boolean {
    return this.phase === 'idle' || this.phase === 'transferring';
  }

  get lastFile(): string | null {
    return this.#lastFile;
  }

  /** Resolves when the predicate holds; looked at after every change. */
  until(predicate: (device: SimulatedDevice) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!predicate(this)) return;
        this.off('change', look);
        resolve();
      };
      this.on('change', look);
      look();
    });
  }

  changed(): void {
    this.emit('change');
  }

  /** A whole file has arrived in the folder. */
  store(name: string, bytes: Buffer): void {
    this.files.set(name, bytes);
    this.#lastFile = name;
    this.counters.uploads += 1;
    if (this.has('on-battery-after-upload')) this.onBattery = true;
    this.changed();
  }

  remove(name: string): boolean {
    const had = this.files.delete(name);
    if (this.#lastFile === name) this.#lastFile = [...this.files.keys()].at(-1) ?? null;
    this.changed();
    return had;
  }

  /** What the card says of a file without doing anything. */
  check(name: string): FileCheck & { readonly compatible: boolean } {
    const bytes = this.files.get(name);
    const found = bytes === undefined ? { known: false as const } : checkFile(bytes);
    const compatible = found.known && found.id === this.microLinkId && !this.has('cli-incompatible');
    return { ...found, compatible };
  }

  /** A request to start an update with a file of the folder; null = the one that came last. */
  start(name: string | null): StartAnswer {
    this.counters.starts += 1;
    const file = name ?? this.#lastFile;
    const bytes = file === null ? undefined : this.files.get(file);
    if (this.phase !== 'idle') return 'busy';
    if (file === null || bytes === undefined) return 'no-file';
    this.counters.startsAccepted += 1;
    const check = this.check(file);
    this.update = UPDATE.inProcess;
    this.phase = 'transferring';
    this.progress = { sent: 0, total: bytes.length };
    this.#log('Device', 'UPS: Transferring firmware to UPS.', '0x0176');
    this.changed();
    const shut = cardPathIsShut(this.persona, this.microLinkId, this.version);
    if (!check.known || !check.compatible || shut) {
      this.#after(FAST_FAILURE_SECONDS, () => this.#fail(file, 'Refused'));
      return 'started';
    }
    this.#send(file, bytes.length, check);
    return 'started';
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #send(file: string, total: number, image: CheckedImage): void {
    const steps = 20;
    const step = (done: number): void => {
      this.progress = { sent: Math.round((total * done) / steps), total };
      this.changed();
      if (this.has('update-stuck') && done >= steps / 2) return;
      if (this.has('update-cancelled') && done >= steps / 2) {
        this.#fail(file, 'Xmodem Cancel');
        return;
      }
      if (done >= steps) {
        this.#restart(image);
        return;
      }
      this.#after(total / BYTES_PER_SECOND / steps, () => step(done + 1));
    };
    step(0);
  }

  #restart({ version, idAfter, loader }: CheckedImage): void {
    this.#log('Device', 'UPS: Finished UPS firmware transfer [Done]', '0x0177');
    this.#log('Device', 'UPS: Lost the local network management interface-to-UPS communication.', '0x0102');
    this.loader = loader ?? this.loader;
    const bricked = needsOtherLoader(this.persona, idAfter, version, this.loader);
    this.phase = bricked || this.has('never-returns') ? 'lost' : 'restarting';
    this.changed();
    if (this.phase === 'lost') return;
    this.#after(RESTART_SECONDS, () => {
      if (!this.has('returns-unchanged')) {
        this.version = version;
        this.microLinkId = idAfter;
      }
      if (this.has('output-off-after-update')) this.outputOn = false;
      this.phase = 'idle';
      this.update = UPDATE.successful;
      this.progress = null;
      this.#log(
        'Device',
        'UPS: Restored the local network management interface-to-UPS communication.',
        '0x0101',
      );
      this.changed();
    });
  }

  #fail(file: string, reason: string): void {
    this.#log('Device', `UPS: Finished UPS firmware transfer [${reason}]`, '0x0177');
    this.#log('Device', 'UPS: Firmware transfer to UPS failed', '0x0178');
    this.#log('System', `File '${file}' transfer failed.`, '0x000F');
    this.phase = 'idle';
    this.update = UPDATE.failed;
    this.progress = null;
    this.changed();
  }

  #after(seconds: number, act: () => void): void {
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer);
        act();
      },
      (seconds * 1000) / this.speed,
    );
    this.#timers.add(timer);
  }

  #log(who: string, text: string, code: string): void {
    this.eventLog.unshift(`${new Date().toISOString()} ${who} ${text} ${code}`);
  }
}
