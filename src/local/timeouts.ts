/** Timeouts of the local driver, in seconds of the clock that it is given. */
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
  listen: 10,
  firstAnswer: 1,
  record: 0.5,
  usbRecord: 1,
  reading: 60,
  modbus: 0.5,
  modbusGap: 0.035,
  upsLink: 1.5,
  wanted: 60,
  block: 10,
  end: 60,
  afterEnd: 12,
  again: 15,
  settle: 1200,
};
