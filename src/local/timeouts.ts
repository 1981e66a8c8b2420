/** Timeouts of the local driver, in seconds of the clock that it is given. */
export interface LocalTimeouts {
  /** Listening before anything is sent: a boot loader sends unasked. */
  readonly listen: number;
  /** First answer of a serial unit. Source: docs/sources/local.md#microlink-timing */
  readonly firstAnswer: number;
  /** One record over a serial line: 20 ms on the line, and some adapters hold bytes back. */
  readonly record: number;
  /** One record over USB. */
  readonly usbRecord: number;
  /** Reading a complete unit, including pauses of 20 seconds. */
  readonly reading: number;
  /** Modbus answer. */
  readonly modbus: number;
  /** Pause between two Modbus requests. */
  readonly modbusGap: number;
  /** UPS-Link answer. */
  readonly upsLink: number;
  /** The boot loader asks for an image. */
  readonly wanted: number;
  /** The boot loader answers a block. */
  readonly block: number;
  /** The boot loader acknowledges the end of the file; it may be programming. */
  readonly end: number;
  /** After the acknowledged end: a boot loader that has not accepted the image asks again. */
  readonly afterEnd: number;
  /** Pause between two looks at a unit that is programming. */
  readonly again: number;
  /** A unit that has accepted an image answers within this time. */
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
