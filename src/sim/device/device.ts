import { EventEmitter } from 'node:events';
import type { Fault } from '../faults.ts';
import type { Persona } from '../personas.ts';
import { SimulatedCard } from './card.ts';
import { type FlashAnswer, flashCard } from './card-file-builder.ts';
import { type Counters, freshCounters } from './counters.ts';
import { EventLog } from './event-log.ts';
import { buildImage } from './image-builder.ts';
import type { FileCheck } from './image-check.ts';
import { loaderAt } from './installed.ts';
import {
  type DeviceState,
  type Phase,
  type StartAnswer,
  type StartMethod,
  UPDATE,
  type UpdateValue,
} from './state.ts';
import { EVENTS, type LoggedEvent } from './texts.ts';
import { UpdateEngine, type UpdateFile } from './update-engine.ts';

/** Where a file is: in the card's flash, or on a USB drive at the card. */
export type FilePlace = 'flash' | 'usb';

/** A UPS with its card: one state machine behind all endpoints. Times are in seconds of its own clock. */
export class SimulatedDevice extends EventEmitter implements DeviceState {
  readonly name: string;
  readonly site: string;
  readonly cardSerial: string;
  readonly persona: Persona;
  readonly speed: number;
  readonly counters: Counters = freshCounters();
  /** Files in the card's `upsfw` folder. */
  readonly files = new Map<string, Buffer>();
  /** Files on the USB drive. */
  readonly usbDrive = new Map<string, Buffer>();
  readonly card: SimulatedCard;
  readonly updates: UpdateEngine;
  serial: string;
  version: string;
  microLinkId: number | null;
  /** Boot loader of the UPS; null: older than any that an image requires. */
  loader: string | null;
  phase: Phase = 'idle';
  update: UpdateValue = UPDATE.none;
  /** Bytes sent to the UPS and bytes to send, during an update. */
  progress: { readonly sent: number; readonly total: number } | null = null;
  onBattery = false;
  outputOn = true;
  /** An alarm that was not there before. */
  alarm = false;
  batteryPercent = 100;
  /** The FTP server answers every connection with 421. */
  ftpBusy = false;
  readonly #faults: Set<Fault>;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #startedAt = Date.now();
  readonly #log = new EventLog(() => this.now());
  #lastFile: string | null = null;
  #lastArrival: string | null = null;

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
    if (options.persona.lostUps !== null) this.phase = 'lost';
    for (const { name, ...recipe } of options.persona.usbDrive ?? [])
      this.usbDrive.set(name, buildImage(recipe));
    if (this.has('stale-result')) this.update = UPDATE.failed;
    if (this.has('stale-success')) this.update = UPDATE.successful;
    this.card = new SimulatedCard(this);
    this.updates = new UpdateEngine(this);
    this.log(EVENTS.started);
  }

  has(fault: Fault): boolean {
    return this.#faults.has(fault);
  }

  /** Adds a fault from now on. */
  inject(fault: Fault): void {
    this.#faults.add(fault);
  }

  /** Removes a fault from now on. */
  clearFault(fault: Fault): void {
    this.#faults.delete(fault);
  }

  /** The card's clock. It runs `speed` times faster, and may be wrong from the start. */
  now(): Date {
    const elapsed = (Date.now() - this.#startedAt) * this.speed;
    return new Date(this.#startedAt + elapsed + this.persona.clockOffsetSeconds * 1000);
  }

  /** Lines of the event log, newest first. */
  get eventLog(): readonly string[] {
    return this.#log.lines;
  }

  /** The event log as a file of the card; null if it cannot be read. */
  get logText(): string | null {
    return this.has('event-log-unreadable') ? null : this.eventLog.map((line) => `${line}\r\n`).join('');
  }

  log(event: LoggedEvent): void {
    this.#log.add(event);
  }

  /** The firmware string as the card shows it. */
  get firmware(): string {
    return this.microLinkId === null ? this.version : `UPS ${this.version} (ID${this.microLinkId})`;
  }

  /** What the card shows of a UPS that it has lost; null: the values of before. */
  get forgotten(): Persona['lostUps'] {
    if (this.phase !== 'lost') return null;
    return this.persona.lostUps ?? (this.has('never-returns-forgotten') ? 'empty' : null);
  }

  /** The card can reach its UPS. */
  get linkUp(): boolean {
    return (this.phase === 'idle' || this.phase === 'transferring') && this.card.appState === 'A+';
  }

  /** False while the card is down; no endpoint answers then. */
  get cardUp(): boolean {
    return this.card.up;
  }

  get osVersion(): string {
    return this.card.osVersion;
  }

  get appVersion(): string {
    return this.card.appVersion;
  }

  get bootVersion(): string {
    return this.card.bootVersion;
  }

  /** The current password; a reset of the settings changes it. */
  get password(): string {
    return this.card.password;
  }

  /** Number of actions on the device that a mere look does not cause. */
  get writes(): number {
    const { snmpWrites, uploads, deletes, starts, outputSwitches, cardFlashes, cardReboots, answers } =
      this.counters;
    const { logDeletes, settings } = this.counters;
    const byCard = cardFlashes + cardReboots + logDeletes + settings;
    return snmpWrites + uploads + deletes + starts + outputSwitches + byCard + answers;
  }

  get lastFile(): string | null {
    return this.#lastFile;
  }

  /** Result of the last upload in the words of `xferStatus`; null: none since the start. */
  get lastArrival(): string | null {
    return this.#lastArrival;
  }

  /** Resolves when the predicate holds; checked after every change. */
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

  /** Stores a complete file in the folder. */
  store(name: string, bytes: Buffer): void {
    this.files.set(name, bytes);
    this.#lastFile = name;
    this.#lastArrival = 'OK';
    this.counters.uploads += 1;
    if (this.has('on-battery-after-upload')) this.onBattery = true;
    this.changed();
  }

  /** Handles a complete file in the root, where the card accepts firmware for itself. */
  storeInRoot(name: string, bytes: Buffer): FlashAnswer {
    const answer = flashCard(this, name, bytes);
    this.#lastArrival = answer === 'flashing' ? 'OK' : 'File type unknown';
    return answer;
  }

  remove(name: string): boolean {
    const had = this.files.delete(name);
    if (had) this.counters.deletes += 1;
    if (this.#lastFile === name) this.#lastFile = [...this.files.keys()].at(-1) ?? null;
    this.changed();
    return had;
  }

  /** What the card reports about a file, without doing anything. */
  check(name: string, place: FilePlace = 'flash'): FileCheck & { readonly compatible: boolean } {
    return this.updates.check(this.#folder(place).get(name));
  }

  /** Requests an update with a file; null: the last one that was uploaded. */
  start(name: string | null, method: StartMethod = 'snmp', place: FilePlace = 'flash'): StartAnswer {
    return this.updates.start(this.#file(name ?? this.#lastFile, place), method);
  }

  /** Installs the received image, as at the panel. False if there is none. */
  installAtPanel(): boolean {
    return this.updates.installStaged();
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  /** Runs `act` after this time of the device. */
  after(seconds: number, act: () => void): void {
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer);
        act();
      },
      (seconds * 1000) / this.speed,
    );
    this.#timers.add(timer);
  }

  #folder(place: FilePlace): ReadonlyMap<string, Buffer> {
    return place === 'usb' ? this.usbDrive : this.files;
  }

  #file(name: string | null, place: FilePlace): UpdateFile | null {
    const bytes = name === null ? undefined : this.#folder(place).get(name);
    return name === null || bytes === undefined ? null : { name, bytes };
  }
}
