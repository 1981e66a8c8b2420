import { ACCESS } from '../access.ts';
import type { CardState, DeviceHost } from './state.ts';
import { EVENTS } from './texts.ts';

/**
 * `Stat` on the first screen: application running, starting, not matching the operating system, or damaged.
 * Source: docs/sources/card.md#first-screen
 */
export type AppState = 'A+' | 'A?' | 'A!' | 'A-';

/** Startup time of the application after the card answers again. */
const APP_START_SECONDS = 15;

/** A simulated card has run for a while when the simulation begins, like a real one. */
const RUNNING_BEFORE_MS = 30 * 24 * 3600 * 1000;

/** The card itself: what runs on it, and whether it answers. */
export class SimulatedCard implements CardState {
  osVersion: string;
  appVersion: string;
  /** The application in flash; one for another UPS family finds no unit. Null: none. */
  appName: string | null;
  bootVersion: string;
  password: string = ACCESS.password;
  /** State of the FTP service as the card shows it. */
  ftpOn: boolean;
  /** False while it restarts: no endpoint answers. */
  up = true;
  readonly #device: DeviceHost;
  #starting = false;
  #ftpNext: boolean | null = null;
  #appBroken = false;
  #restarts = 0;
  #bootedAt: number;

  constructor(device: DeviceHost) {
    const { osVersion, appVersion, boot } = device.persona.card;
    this.#device = device;
    this.osVersion = osVersion;
    this.appVersion = appVersion;
    this.appName = device.persona.app ? device.persona.card.appName : null;
    this.bootVersion = boot;
    this.ftpOn = device.persona.ftp;
    this.#bootedAt = device.now().getTime() - RUNNING_BEFORE_MS;
  }

  get appState(): AppState {
    if (this.appName === null && this.#device.persona.appSlot !== 'absent') return 'A-';
    if (this.appName !== this.#device.persona.card.appName || this.#appBroken || this.#mismatched)
      return 'A!';
    return this.#starting ? 'A?' : 'A+';
  }

  /** It has restarted since power-on. */
  get restarted(): boolean {
    return this.#restarts > 0;
  }

  /** The file in flash that a part of the card runs from. */
  fileName(part: 'os' | 'app' | 'boot'): string {
    const { persona } = this.#device;
    const nmc3 = persona.generation === 'nmc3';
    const [word, version] = {
      os: ['aos', this.osVersion] as const,
      app: [this.appName ?? persona.card.appName, this.appVersion] as const,
      boot: [nmc3 ? 'boot' : 'bootmon', this.bootVersion] as const,
    }[part];
    const plain = version.replace(/^v/, '');
    return `apc_${persona.card.platform}_${word}_${nmc3 ? plain : plain.replaceAll('.', '')}.bin`;
  }

  /** A setting takes effect at the next restart. */
  get rebootPending(): boolean {
    return this.#ftpNext !== null;
  }

  /** Switches FTP on or off at the next restart. */
  setFtp(on: boolean): void {
    this.#ftpNext = on;
  }

  /** Seconds since the card came up. */
  get uptimeSeconds(): number {
    return Math.max(0, Math.floor((this.#device.now().getTime() - this.#bootedAt) / 1000));
  }

  /** Goes down for a while; `applied` changes what comes up again. The output of the UPS is not affected. */
  restart(seconds: number, applied: () => void = () => undefined): void {
    const device = this.#device;
    this.up = false;
    this.#restarts += 1;
    const mine = this.#restarts;
    device.changed();
    device.after(seconds, () => {
      applied();
      this.ftpOn = this.#ftpNext ?? this.ftpOn;
      this.#ftpNext = null;
      // A later restart brings it up.
      if (mine !== this.#restarts) return;
      this.up = true;
      this.#starting = true;
      this.#bootedAt = device.now().getTime();
      device.log(EVENTS.started);
      device.changed();
      device.after(APP_START_SECONDS, () => {
        this.#starting = false;
        device.changed();
      });
    });
  }

  /** Goes down and never answers again. */
  stop(): void {
    this.#restarts += 1;
    this.up = false;
    this.#device.changed();
  }

  /** Puts another application or release into flash; it runs after the next restart. */
  install(appName: string, version: string): void {
    this.appName = appName;
    this.appVersion = version;
    this.#appBroken = false;
  }

  /** The application does not run, whatever its version. */
  breakApp(): void {
    this.#appBroken = true;
  }

  /** The application belongs to another release of the operating system; only the last digits may differ. */
  get #mismatched(): boolean {
    const release = (version: string): string => version.replace(/^v/, '').split('.').slice(0, 2).join('.');
    return release(this.osVersion) !== release(this.appVersion);
  }
}
