import { EventEmitter } from 'node:events';
import type { LocalFault } from './faults.ts';
import type { LocalPersona } from './personas.ts';

/**
 * What runs in the unit. `receiving`: its boot loader takes an image; `programming`: it installs one and is silent; `dead`: it says
 * nothing any more and never will.
 */
export type LocalState = 'application' | 'loader' | 'receiving' | 'programming' | 'dead';

/** A unit at a port: one state behind all faces. Times are in seconds of its own clock. */
export class SimulatedLocalDevice extends EventEmitter {
  readonly name: string;
  readonly persona: LocalPersona;
  readonly speed: number;
  state: LocalState;
  serial: string;
  version: string;
  microLinkId: number | null;
  /** Version of the boot loader of the UPS. */
  loader: string;

  onLine = true;
  outputOn = true;
  calibrating = false;
  selfTest = false;
  /** A fault is reported. */
  alarm = false;
  batteryPercent = 100;
  loadPercent = 24;
  runtimeSeconds = 2700;
  batteryVolts = 27.25;

  /** The bytes of the last whole image that arrived. */
  received: Buffer = Buffer.alloc(0);
  /** Bytes of an image that have arrived in this transfer, or in the last one. */
  bytesReceived = 0;
  /** How many times a transfer began. */
  attempts = 0;
  /** Valid writes over Microlink, the password among them. */
  writes = 0;
  /** Things said to the unit that may act on it, and have no place in a look or a recovery. */
  dangerous = 0;
  /** Bytes that ever came from the other side. */
  bytesArrived = 0;
  /** The other side has shown that it knows the password. */
  authenticated = false;

  readonly #faults: Set<LocalFault>;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #startedAt = Date.now();
  #isClosed = false;

  constructor(options: {
    readonly name: string;
    readonly serial: string;
    readonly persona: LocalPersona;
    readonly speed: number;
    readonly faults: readonly LocalFault[];
  }) {
    super();
    this.setMaxListeners(0);
    const { unit, startsIn } = options.persona;
    this.name = options.name;
    this.persona = options.persona;
    this.speed = options.speed;
    this.serial = options.serial;
    this.version = unit.version;
    this.microLinkId = unit.microLinkId;
    this.loader = unit.ubl;
    this.state = startsIn;
    // A unit that has no application drives no output.
    this.outputOn = startsIn === 'application';
    this.#faults = new Set(options.faults);
    if (this.has('on-battery')) this.onLine = false;
  }

  has(fault: LocalFault): boolean {
    return this.#faults.has(fault);
  }

  /** Whether the device still has this fault, which happens one time only: from now on it has it no more. */
  spend(fault: LocalFault): boolean {
    return this.#faults.delete(fault);
  }

  /** From now on the device misbehaves in this way too. */
  inject(fault: LocalFault): void {
    this.#faults.add(fault);
    if (fault === 'on-battery') this.onLine = false;
    this.changed();
  }

  /** From now on the device does not misbehave in this way any more. */
  clearFault(fault: LocalFault): void {
    this.#faults.delete(fault);
    if (fault === 'on-battery') this.onLine = true;
    this.changed();
  }

  /** Seconds that the device has lived. */
  get uptimeSeconds(): number {
    return ((Date.now() - this.#startedAt) / 1000) * this.speed;
  }

  /**
   * Sends a running unit into its boot loader. How that is done over a wire is not public, so nothing
   * that arrives at a port does it: this stands for whatever it is.
   * Source: docs/sources/local.md#entering-the-boot-loader
   */
  enterLoader(): void {
    if (this.persona.loader === null) throw new RangeError(`${this.name} has no boot loader to go to`);
    this.outputOn = false;
    this.become('loader');
  }

  become(state: LocalState): void {
    this.state = state;
    if (state !== 'application') this.authenticated = false;
    this.changed();
  }

  /** Resolves when the predicate holds; looked at after every change. */
  until(predicate: (device: SimulatedLocalDevice) => boolean): Promise<void> {
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

  /**
   * Does something after this much time of the device, and not before `atLeast` milliseconds of the world: the line and the other
   * side do not get faster with the device. Gives what calls it off.
   */
  after(seconds: number, act: () => void, atLeast = 0): () => void {
    // Something that was on its way may still arrive then.
    if (this.#isClosed) return () => undefined;
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer);
        act();
      },
      Math.max((seconds * 1000) / this.speed, atLeast),
    );
    this.#timers.add(timer);
    return () => {
      clearTimeout(timer);
      this.#timers.delete(timer);
    };
  }

  close(): void {
    this.#isClosed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}
