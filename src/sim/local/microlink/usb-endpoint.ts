import type { SimulatedLocalDevice } from '../device.ts';
import type { Line } from '../port/line.ts';
import { wrongSum } from './check.ts';
import { CONTROL } from './serial-endpoint.ts';
import { MicrolinkSession, type PageRecord, WRITE_OVERHEAD } from './session.ts';

/** Reports of the tunnel: ID and 63 bytes. Source: docs/sources/local.md#microlink-over-usb */
export const REPORT = { toUnit: 0x90, fromUnit: 0x89, status: 0x07, bytes: 64 } as const;

const SLOW_SECONDS = 30;
/** Reports until the cable is pulled. */
const PULLED_AFTER = 20;

/**
 * Microlink over USB: one control byte or one write per report to the unit, one record per report from it.
 */
export class MicrolinkUsbEndpoint {
  readonly rate = null;
  readonly #device: SimulatedLocalDevice;
  readonly #line: Line;
  readonly #session: MicrolinkSession;
  #received: Buffer = Buffer.alloc(0);
  #records = 0;
  #warmth: 'cold' | 'warming' | 'warm';

  constructor(device: SimulatedLocalDevice, line: Line) {
    this.#device = device;
    this.#line = line;
    this.#session = new MicrolinkSession(device);
    this.#warmth = device.has('usb-slow-first-answer') ? 'cold' : 'warm';
  }

  receive(bytes: Buffer): void {
    this.#received = Buffer.concat([this.#received, bytes]);
    while (this.#received.length >= REPORT.bytes) {
      const report = this.#received.subarray(0, REPORT.bytes);
      this.#received = this.#received.subarray(REPORT.bytes);
      if (report[0] === REPORT.toUnit) this.#take(report.subarray(1));
    }
  }

  #take(payload: Buffer): void {
    if (this.#warmth === 'warm') this.#sendRecord(this.#answer(payload));
    else if (this.#warmth === 'cold') {
      this.#warmth = 'warming';
      this.#device.after(SLOW_SECONDS, () => {
        this.#warmth = 'warm';
        this.#sendRecord(this.#answer(payload));
      });
    }
  }

  /** Bytes after a control byte or write are ignored: real software leaves old bytes there. */
  #answer(payload: Buffer): PageRecord | null {
    const [first, , length = 0] = payload;
    if (first === CONTROL.again) return this.#session.start();
    if (first === CONTROL.next) return this.#session.next();
    if (first === CONTROL.stop) return null;
    return this.#session.write(payload.subarray(0, length + WRITE_OVERHEAD));
  }

  #sendRecord(record: PageRecord | null): void {
    // Reports of the HID power device arrive in between, with or without an answer.
    if (this.#records % 3 === 0)
      this.#line.send(report(REPORT.status, Buffer.from([0x0c, 0x64, 0x8c, 0x0a])));
    if (record === null) return;
    this.#records += 1;
    const device = this.#device;
    if (device.has('cable-pulled') && this.#records > PULLED_AFTER) this.#line.unplug();
    else if (device.has('microlink-silent-mid-page') && record.page === this.#session.middle)
      this.#session.fallSilent();
    else {
      const corrupt = device.has('microlink-bad-sum') && this.#records % 7 === 0;
      this.#line.send(report(REPORT.fromUnit, corrupt ? wrongSum(record.bytes) : record.bytes));
    }
  }
}

/** A report, padded with zeros. */
function report(id: number, payload: Buffer): Buffer {
  const bytes = Buffer.alloc(REPORT.bytes);
  bytes[0] = id;
  payload.copy(bytes, 1);
  return bytes;
}
