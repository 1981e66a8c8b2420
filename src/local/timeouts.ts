/** How long the local path waits for what, in milliseconds of the clock that it is given. */
export interface LocalTimeouts {
  /** A port is listened to before anything is sent: a boot loader speaks by itself. */
  readonly listen: number;
  /** A first answer of a serial unit. Source: docs/sources/local.md#microlink-timing */
  readonly firstAnswer: number;
  /** One record over a serial line: 20 ms on the wire, and adapters that hold bytes back. */
  readonly record: number;
  /** One record over USB. */
  readonly usbRecord: number;
  /** The whole of a unit is read within this time, pauses of 20 seconds included. */
  readonly reading: number;
  /** A Modbus answer. */
  readonly modbus: number;
  /** Between two Modbus questions. */
  readonly modbusGap: number;
  /** A UPS-Link answer. */
  readonly upsLink: number;
  /** The boot loader says that it wants an image. */
  readonly wanted: number;
  /** The boot loader answers a block. */
  readonly block: number;
  /** The boot loader answers the end of the file; it may be programming. */
  readonly end: number;
  /** After the end was answered: a boot loader that has not taken the image asks again. */
  readonly afterEnd: number;
  /** Between two looks at a unit that is programming. */
  readonly again: number;
  /** A unit that has taken an image answers within this time. */
  readonly settle: number;
}

export const LOCAL_TIMEOUTS: LocalTimeouts = {
  listen: 10_000,
  firstAnswer: 1_000,
  record: 500,
  usbRecord: 1_000,
  reading: 60_000,
  modbus: 500,
  modbusGap: 35,
  upsLink: 1_500,
  wanted: 60_000,
  block: 10_000,
  end: 60_000,
  afterEnd: 12_000,
  again: 15_000,
  settle: 20 * 60_000,
};
