import { SIMULATED_MARK } from '../../../core/index.ts';
import type { SimulatedLocalDevice } from '../device.ts';
import type { MicrolinkLayout } from '../personas.ts';
import { binaryPoint, calibrationBits, daysSince2000, outletBits, statusBits, testBits } from '../status.ts';
import { runSums } from './check.ts';
import type { FieldName } from './fields.ts';
import { HEADER_BYTES, type Layout, layOut, type Slot } from './layout.ts';

/** The two passwords in the pages: a nonce and a response each. */
export interface Passwords {
  readonly master: Buffer;
  readonly slave: Buffer;
}

const PROTOCOL_VERSION = 0x0a;
const DESCRIPTOR_VERSION = 1;
/** Flags of page 0. Source: docs/sources/local.md#microlink-page-0 */
const AUTH_REQUIRED = 0x01;
const DESCRIPTOR_PRESENT = 0x08;
/** Fills the space after the descriptor, as in the last pages of a public capture. */
const FILL = 0xff;

/** The content of a unit's pages, computed for each request because it changes. */
export class Pages {
  readonly layout: MicrolinkLayout;
  readonly #device: SimulatedLocalDevice;
  readonly #places: Layout;

  /** Throws RangeError for a persona without pages, or with pages that are too small. */
  constructor(device: SimulatedLocalDevice) {
    const { microlink } = device.persona;
    if (microlink === null) throw new RangeError(`${device.name} has no pages`);
    this.#device = device;
    this.layout = microlink;
    this.#places = layOut(microlink);
  }

  /** The pages that are repeated after the password exchange. */
  get livePages(): readonly number[] {
    const { pageWidth } = this.layout;
    const pages = this.#places.slots
      .filter(({ live }) => live)
      .flatMap(({ offset, size }) => [
        Math.floor(offset / pageWidth),
        Math.floor((offset + size - 1) / pageWidth),
      ]);
    return [...new Set(pages)].sort((a, b) => a - b);
  }

  /** The data of one page. */
  page(number: number, passwords: Passwords): Buffer {
    const { pageWidth, dataAt } = this.layout;
    const bytes = this.#whole(passwords).subarray(number * pageWidth, (number + 1) * pageWidth);
    if (this.#device.has('microlink-check-ff') && number > dataAt.page) this.#endInFF(number, bytes);
    return bytes;
  }

  /** The serial number field with its padding. */
  serialField(): Buffer {
    const slot = this.slot('serial');
    return this.#value(slot, NO_PASSWORDS);
  }

  /** The place of the first field of a kind. Throws RangeError if there is none. */
  slot(holds: FieldName): Slot {
    const found = this.#places.slots.find((slot) => slot.holds === holds);
    if (found === undefined) throw new RangeError(`${this.#device.name} has no field ${holds}`);
    return found;
  }

  #whole(passwords: Passwords): Buffer {
    const { pageWidth, pageCount, dataAt } = this.layout;
    const { descriptor, slots } = this.#places;
    const whole = Buffer.alloc(pageWidth * pageCount);
    whole.fill(FILL, HEADER_BYTES, dataAt.page * pageWidth + dataAt.offset);
    this.#header().copy(whole);
    if (!this.#device.has('microlink-no-descriptor')) descriptor.copy(whole, HEADER_BYTES);
    for (const slot of slots) this.#value(slot, passwords).copy(whole, slot.offset);
    return whole;
  }

  #header(): Buffer {
    const { pageWidth, pageCount, seriesData, dataAt } = this.layout;
    const described = this.#device.has('microlink-no-descriptor') ? 0 : DESCRIPTOR_PRESENT;
    const header = Buffer.alloc(HEADER_BYTES);
    header.set([PROTOCOL_VERSION, pageWidth, pageCount]);
    header.writeUInt16BE(this.#device.microLinkId ?? 0, 3);
    header.set(
      [seriesData, AUTH_REQUIRED | described, 0, DESCRIPTOR_VERSION, 0, dataAt.page, dataAt.offset],
      5,
    );
    return header;
  }

  #value(slot: Slot, passwords: Passwords): Buffer {
    const { holds, index, offset, size } = slot;
    if (holds === 'unknown') return noise(offset, size);
    if (holds === 'master' || holds === 'slave') return passwords[holds];
    const value = VALUES[holds](this.#device, index);
    if (typeof value === 'string') return Buffer.from(value.padEnd(size).slice(0, size), 'latin1');
    const bytes = Buffer.alloc(size);
    bytes.writeUIntBE(value, 0, size);
    return bytes;
  }

  /** Sets a meaningless byte so that the second check byte becomes FF, if the page has such a byte. */
  #endInFF(number: number, page: Buffer): void {
    const record = Buffer.from([number, ...page]);
    for (const place of this.#meaningless(number)) {
      for (let value = 0; value < 0xff; value += 1) {
        record[place + 1] = value;
        if (runSums(record)[1] !== 0) continue;
        page[place] = value;
        return;
      }
      record[place + 1] = page[place] ?? 0;
    }
  }

  #meaningless(number: number): readonly number[] {
    const { pageWidth } = this.layout;
    const known = this.#places.slots.filter(({ holds }) => holds !== 'unknown');
    return Array.from({ length: pageWidth }, (_, place) => place).filter((place) => {
      const at = number * pageWidth + place;
      return !known.some(({ offset, size }) => at >= offset && at < offset + size);
    });
  }
}

const NO_PASSWORDS: Passwords = { master: Buffer.alloc(4), slave: Buffer.alloc(4) };

/** Repeatable bytes without meaning. */
function noise(offset: number, size: number): Buffer {
  return Buffer.from(Array.from({ length: size }, (_, index) => ((offset + index) * 167 + 13) % 256));
}

type ValueField = Exclude<FieldName, 'unknown' | 'master' | 'slave'>;

/** The value of a field: a text or an unsigned number. */
const VALUES: Readonly<Record<ValueField, (device: SimulatedLocalDevice, index: number) => string | number>> =
  {
    serial: ({ serial }) => serial,
    manufactured: ({ persona }) => daysSince2000(persona.unit.manufactured),
    sku: ({ persona }) => persona.unit.sku,
    model: ({ persona }) => persona.unit.model,
    upsVersion: ({ version }) => `UPS ${version}`,
    mcuVersion: ({ persona }) => `MCU ${persona.unit.mcu}`,
    ublVersion: ({ loader }) => `UBL ${loader}`,
    mblVersion: ({ persona }) => `MBL ${persona.unit.mbl}`,
    name: () => SIMULATED_MARK,
    watts: ({ persona }) => persona.unit.ratingW,
    voltAmperes: ({ persona }) => persona.unit.ratingVA,
    status: statusBits,
    changeCause: () => 0,
    testStatus: testBits,
    calibrationStatus: calibrationBits,
    charge: ({ batteryPercent }) => binaryPoint(batteryPercent, 9),
    runtime: ({ runtimeSeconds }) => runtimeSeconds,
    batteryVolts: ({ batteryVolts }) => binaryPoint(batteryVolts, 5),
    batteryTemperature: () => binaryPoint(25.5, 7),
    inputVolts: ({ onLine }) => binaryPoint(onLine ? 230 : 0, 6),
    inputFrequency: ({ onLine }) => binaryPoint(onLine ? 50 : 0, 7),
    realPower: ({ loadPercent }) => binaryPoint(loadPercent, 8),
    apparentPower: ({ loadPercent }) => binaryPoint(loadPercent, 8),
    outputVolts: ({ outputOn }) => binaryPoint(outputOn ? 230 : 0, 6),
    outputFrequency: ({ outputOn }) => binaryPoint(outputOn ? 50 : 0, 7),
    outletStatus: outletBits,
    outletName: (_, index) => (index === 0 ? 'UPS Outlets' : `Outlet Group ${index}`),
    authStatus: ({ authenticated }) => (authenticated ? 1 : 0),
    uptime: ({ uptimeSeconds }) => Math.floor(uptimeSeconds),
  };
