import type { SimulatedLocalDevice } from '../device.ts';
import type { Line } from '../port/line.ts';
import { wrongSum } from './check.ts';
import { MicrolinkSession, type PageRecord, WRITE_OVERHEAD } from './session.ts';

/** Single bytes that the other side sends. Source: docs/sources/local.md#microlink-control-bytes */
export const CONTROL = { again: 0xfd, next: 0xfe, stop: 0xf7 } as const;

/** An incomplete write is dropped after this much real time. */
const PAUSE_MS = 200;
const STALL_SECONDS = 0.3;
/** Records until the cable is pulled. */
const PULLED_AFTER = 20;
const PADDING = Buffer.alloc(4);

/** Microlink on a serial line: 9600 8N1; the unit never sends first. */
export class MicrolinkSerialEndpoint {
  readonly rate = 9600;
  readonly #device: SimulatedLocalDevice;
  readonly #line: Line;
  readonly #session: MicrolinkSession;
  #received: Buffer = Buffer.alloc(0);
  #records = 0;
  #isStalled = false;
  #cancelForget: () => void = () => undefined;

  constructor(device: SimulatedLocalDevice, line: Line) {
    this.#device = device;
    this.#line = line;
    this.#session = new MicrolinkSession(device);
  }

  receive(bytes: Buffer): void {
    this.#received = Buffer.concat([this.#received, bytes]);
    this.#work();
  }

  #work(): void {
    this.#cancelForget();
    // Bytes that arrive while a record is sent wait for its end.
    while (!this.#isStalled && this.#received.length > 0) {
      const length = this.#lengthOfFirst();
      if (length === null) {
        this.#cancelForget = this.#device.after(0, () => this.#drop(), PAUSE_MS);
        return;
      }
      const first = this.#received.subarray(0, length);
      this.#received = this.#received.subarray(length);
      this.#sendRecord(this.#answer(first));
    }
  }

  /** Length of the first request; null if it is an incomplete write. */
  #lengthOfFirst(): number | null {
    const [first = 0, , length] = this.#received;
    if (first === CONTROL.again || first === CONTROL.next || first === CONTROL.stop) return 1;
    if (length === undefined) return null;
    // No write is that long: noise.
    if (length > this.#session.pageWidth) return this.#received.length;
    return this.#received.length < length + WRITE_OVERHEAD ? null : length + WRITE_OVERHEAD;
  }

  #answer(request: Buffer): PageRecord | null {
    if (request.length > 1) return this.#session.write(request);
    if (request[0] === CONTROL.again) return this.#session.start();
    return request[0] === CONTROL.next ? this.#session.next() : null;
  }

  #drop(): void {
    this.#received = Buffer.alloc(0);
  }

  #sendRecord(record: PageRecord | null): void {
    if (record === null) return;
    this.#records += 1;
    const device = this.#device;
    if (device.has('cable-pulled') && this.#records > PULLED_AFTER) {
      this.#line.unplug();
      return;
    }
    const bytes = this.#applyFaults(record.bytes);
    const half = bytes.length >> 1;
    if (device.has('microlink-silent-mid-page') && record.page === this.#session.middle) {
      this.#line.send(bytes.subarray(0, half));
      this.#session.fallSilent();
    } else if (device.has('microlink-stalls') && this.#records % 10 === 0) {
      this.#line.send(bytes.subarray(0, half));
      this.#isStalled = true;
      device.after(STALL_SECONDS, () => {
        this.#line.send(bytes.subarray(half));
        this.#isStalled = false;
        this.#work();
      });
    } else this.#line.send(bytes);
  }

  #applyFaults(record: Buffer): Buffer {
    const device = this.#device;
    const every = (count: number): boolean => this.#records % count === 0;
    let bytes = record;
    if (device.has('microlink-bad-sum') && every(7)) bytes = wrongSum(bytes);
    if (device.has('microlink-drops-bytes') && every(5))
      bytes = Buffer.concat([bytes.subarray(0, 6), bytes.subarray(7)]);
    if (device.has('microlink-stray-fe') && every(4)) bytes = Buffer.from([0xfe, 0xfe, ...bytes]);
    if (device.has('microlink-check-ff')) bytes = Buffer.concat([bytes, PADDING]);
    return bytes;
  }
}
