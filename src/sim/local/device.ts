import { EventEmitter } from 'node:events';
import type { LocalFault } from './faults.ts';
import type { LocalPersona } from './personas.ts';

/**
 * What runs in the unit. `receiving`: the boot loader accepts an image; `programming`: it installs one and is
 * silent; `dead`: it never answers again.
 */
export type LocalState = 'application' | 'loader' | 'receiving' | 'programming' | 'dead';

/** A unit at a port: one state behind all endpoints. Times are in seconds of its own clock. */
export class SimulatedLocalDevice extends EventEmitter {
  readonly name: string;
  readonly persona: LocalPersona;
  readonly speed: number;
  state: LocalState;
  serial: string;
  version: string;
  microLinkId: number | null;
  /** Version of the UPS boot loader. */
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

  /** The bytes of the last complete image. */
  received: Buffer = Buffer.alloc(0);
  /** Image bytes received in the current or last transfer. */
  bytesReceived = 0;
  /** Number of transfers that started. */
  attempts = 0;
  /** Valid Microlink writes, including the password. */
  writes = 0;
  /** Commands received that could act on the unit; a look or a recovery must send none. */
  dangerous = 0;
  /** All bytes that ever arrived. */
  bytesArrived = 0;
  /** The other side has proved that it knows the password. */
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
    // A unit without an application has its output off.
    this.outputOn = startsIn === 'application';
    this.#faults = new Set(options.faults);
    if (this.has('on-battery')) this.onLine = false;
  }

  has(fault: LocalFault): boolean {
    return this.#faults.has(fault);
  }

  /** Consumes a fault that happens only once; returns whether the device still had it. */
  spend(fault: LocalFault): boolean {
    return this.#faults.delete(fault);
  }

  /** Adds a fault from now on. */
  inject(fault: LocalFault): void {
    this.#faults.add(fault);
    if (fault === 'on-battery') this.onLine = false;
    this.changed();
  }

  /** Removes a fault from now on. */
  clearFault(fault: LocalFault): void {
    this.#faults.delete(fault);
    if (fault === 'on-battery') this.onLine = true;
    this.changed();
  }

  /** Seconds since the device started, on its own clock. */
  get uptimeSeconds(): number {
    return ((Date.now() - this.#startedAt) / 1000) * this.speed;
  }

  /**
   * Puts a running unit into its boot loader. How that is done over a port is not public, so nothing that
   * arrives at a port does it; tests call this instead.
   * Source: docs/sources/local.md#entering-the-boot-loader
   */
  enterLoader(): void {
    if (this.persona.loader === null) throw new RangeError(`${this.name} has no boot loader`);
    this.outputOn = false;
    this.become('loader');
  }

  become(state: LocalState): void {
    this.state = state;
    if (state !== 'application') this.authenticated = false;
    this.changed();
  }

  /** Resolves when the predicate holds; checked after every change. */
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
   * Runs `act` after this time of the device, but not before `atLeast` milliseconds of real time, because the
   * line and the other side do not run faster. Returns a function that cancels it.
   */
  after(seconds: number, act: () => void, atLeast = 0): () => void {
    // A late event may still arrive after closing.
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
