import type { SimulatedLocalDevice } from './device.ts';
import { LoaderEndpoint } from './loader/endpoint.ts';
import { MicrolinkSerialEndpoint } from './microlink/serial-endpoint.ts';
import { MicrolinkUsbEndpoint } from './microlink/usb-endpoint.ts';
import { ModbusEndpoint } from './modbus/endpoint.ts';
import { type Line, type PortEndpoint, PortLine } from './port/line.ts';
import { UpsLinkEndpoint } from './ups-link.ts';
import { showUsbUnit, type UsbPlace, type UsbRoots } from './usb/tree.ts';

/** A silent unit has no particular rate. */
const SILENT_RATE = 9600;

/** A device at its port. What runs in the device decides which protocol answers. */
export class LocalUnit implements PortEndpoint, Line {
  readonly #device: SimulatedLocalDevice;
  readonly #loader: LoaderEndpoint | null;
  #application: PortEndpoint | null = null;
  #line: PortLine | null = null;
  #usb: UsbPlace | null = null;
  #removed = Promise.resolve();
  #lastState: SimulatedLocalDevice['state'];

  private constructor(device: SimulatedLocalDevice) {
    this.#device = device;
    this.#lastState = device.state;
    this.#loader = device.persona.loader === null ? null : new LoaderEndpoint(device, this);
    if (device.state === 'application') this.#application = this.#newApplication();
    device.on('change', () => this.#follow());
  }

  /**
   * Opens its port. A USB unit appears below the roots with this device number. Rejects with Problem
   * config/usage.
   */
  static async open(device: SimulatedLocalDevice, roots: UsbRoots, number: number): Promise<LocalUnit> {
    const unit = new LocalUnit(device);
    const line = await PortLine.open(device, unit);
    unit.#line = line;
    try {
      if (device.persona.port === 'usb') unit.#usb = await showUsbUnit(device, roots, number, line.path);
    } catch (thrown) {
      await unit.close();
      throw thrown;
    }
    if (device.state === 'loader') unit.#loader?.begin();
    return unit;
  }

  /** The device file that a program opens. */
  get port(): string {
    return this.#usb?.node ?? this.#line?.path ?? '';
  }

  /** The processes behind its port. */
  get pids(): readonly number[] {
    return this.#line?.pids ?? [];
  }

  get rate(): number | null {
    return this.#active === null ? SILENT_RATE : this.#active.rate;
  }

  receive(bytes: Buffer): void {
    this.#active?.receive(bytes);
  }

  send(bytes: Uint8Array): void {
    this.#line?.send(bytes);
  }

  isOpen(): boolean {
    return this.#line?.isOpen() ?? false;
  }

  unplug(): void {
    this.#line?.unplug();
    this.#removed = this.#usb?.remove() ?? Promise.resolve();
  }

  async close(): Promise<void> {
    this.#device.close();
    await this.#removed;
    await this.#line?.close();
  }

  get #active(): PortEndpoint | null {
    const { state } = this.#device;
    if (state === 'application') return this.#application;
    return state === 'loader' || state === 'receiving' ? this.#loader : null;
  }

  #follow(): void {
    const before = this.#lastState;
    this.#lastState = this.#device.state;
    if (before === this.#lastState) return;
    if (this.#lastState === 'application') this.#application = this.#newApplication();
    if (before === 'application' && this.#lastState === 'loader') this.#loader?.begin();
  }

  #newApplication(): PortEndpoint {
    const { protocol, port } = this.#device.persona;
    if (protocol === 'modbus') return new ModbusEndpoint(this.#device, this);
    if (protocol === 'ups-link') return new UpsLinkEndpoint(this.#device, this);
    return port === 'usb'
      ? new MicrolinkUsbEndpoint(this.#device, this)
      : new MicrolinkSerialEndpoint(this.#device, this);
  }
}
