import type { SimulatedLocalDevice } from './device.ts';
import { LoaderFace } from './loader/endpoint.ts';
import { MicrolinkSerialFace } from './microlink/serial-endpoint.ts';
import { MicrolinkUsbFace } from './microlink/usb-endpoint.ts';
import { ModbusFace } from './modbus/endpoint.ts';
import { type Endpoint, type Line, PortLine } from './port/line.ts';
import { UpsLinkFace } from './ups-link.ts';
import { showUsbUnit, type UsbPlace, type UsbRoots } from './usb/tree.ts';

/** A unit that says nothing has no rate that matters. */
const SILENT_RATE = 9600;

/** A device at its port: who speaks there depends on what runs in the device. */
export class LocalUnit implements Endpoint, Line {
  readonly #device: SimulatedLocalDevice;
  readonly #loader: LoaderFace | null;
  #application: Endpoint | null = null;
  #line: PortLine | null = null;
  #usb: UsbPlace | null = null;
  #vanished = Promise.resolve();
  #ran: SimulatedLocalDevice['state'];

  private constructor(device: SimulatedLocalDevice) {
    this.#device = device;
    this.#ran = device.state;
    this.#loader = device.persona.loader === null ? null : new LoaderFace(device, this);
    if (device.state === 'application') this.#application = this.#newApplication();
    device.on('change', () => this.#follow());
  }

  /** Opens its port; a USB unit is shown below the roots as the device of this number. Rejects with Problem config/usage. */
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
    return this.#speaks === null ? SILENT_RATE : this.#speaks.rate;
  }

  hear(bytes: Buffer): void {
    this.#speaks?.hear(bytes);
  }

  say(bytes: Uint8Array): void {
    this.#line?.say(bytes);
  }

  isOpen(): boolean {
    return this.#line?.isOpen() ?? false;
  }

  unplug(): void {
    this.#line?.unplug();
    this.#vanished = this.#usb?.remove() ?? Promise.resolve();
  }

  async close(): Promise<void> {
    this.#device.close();
    await this.#vanished;
    await this.#line?.close();
  }

  get #speaks(): Endpoint | null {
    const { state } = this.#device;
    if (state === 'application') return this.#application;
    return state === 'loader' || state === 'receiving' ? this.#loader : null;
  }

  #follow(): void {
    const was = this.#ran;
    this.#ran = this.#device.state;
    if (was === this.#ran) return;
    if (this.#ran === 'application') this.#application = this.#newApplication();
    if (was === 'application' && this.#ran === 'loader') this.#loader?.begin();
  }

  #newApplication(): Endpoint {
    const { speaks, port } = this.#device.persona;
    if (speaks === 'modbus') return new ModbusFace(this.#device, this);
    if (speaks === 'ups-link') return new UpsLinkFace(this.#device, this);
    return port === 'usb'
      ? new MicrolinkUsbFace(this.#device, this)
      : new MicrolinkSerialFace(this.#device, this);
  }
}
