import type { Fault } from '../faults.ts';
import type { Persona } from '../personas.ts';
import type { Counters } from './counters.ts';
import type { LoggedEvent } from './texts.ts';

/** What the UPS is doing. `lost`: it never answers the card again. */
export type Phase = 'idle' | 'transferring' | 'restarting' | 'lost';

/** Values of upsAdvControlFirmwareUpdate. */
export const UPDATE = { none: 1, requested: 2, inProcess: 3, successful: 4, failed: 5 } as const;
export type UpdateValue = (typeof UPDATE)[keyof typeof UPDATE];

/** `confirmed`: by command line, after the operator answered the question about the output. */
export type StartMethod = 'snmp' | 'cli' | 'confirmed';

/** `refused`: the output is on, and the unit takes no update while it is. */
export type StartAnswer = 'started' | 'busy' | 'no-file' | 'refused';

/** What every part of a simulated device needs: its persona, faults, clock and event log. */
export interface DeviceHost {
  readonly persona: Persona;
  has(fault: Fault): boolean;
  now(): Date;
  log(event: LoggedEvent): void;
  /** Tells listeners that the state changed. */
  changed(): void;
  /** Runs `act` after this time of the device. */
  after(seconds: number, act: () => void): void;
}

/** The card as the update engine and the flashing of card firmware see it. */
export interface CardState {
  password: string;
  osVersion: string;
  bootVersion: string;
  readonly appVersion: string;
  restart(seconds: number, applied?: () => void): void;
  stop(): void;
  install(appName: string, version: string): void;
  breakApp(): void;
}

/** The state of a simulated unit that its parts read and change. */
export interface DeviceState extends DeviceHost {
  readonly counters: Counters;
  readonly card: CardState;
  /** The card can reach its UPS. */
  readonly linkUp: boolean;
  readonly updates: { outputWentOff(): void };
  serial: string;
  version: string;
  microLinkId: number | null;
  loader: string | null;
  phase: Phase;
  update: UpdateValue;
  progress: { readonly sent: number; readonly total: number } | null;
  onBattery: boolean;
  outputOn: boolean;
  alarm: boolean;
}
