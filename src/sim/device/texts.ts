/** A line of the card's event log, without its time. */
export interface LoggedEvent {
  readonly who: 'Device' | 'System';
  readonly text: string;
  readonly code: string;
}

/**
 * Event texts and codes of a card; newer cards are assumed to have the same.
 * Source: docs/sources/card.md#event-log
 */
export const EVENTS = {
  // The code of "network up"; its text is in no recording.
  started: { who: 'System', text: 'Network service started.', code: '0x0007' },
  outputOff: { who: 'Device', text: 'UPS: The output power is turned off.', code: '0x0114' },
  // Inferred from 0x0114; in no recording.
  outputOn: { who: 'Device', text: 'UPS: The output power is turned on.', code: '0x0113' },
  graceEnded: { who: 'Device', text: 'UPS: The graceful shutdown period has ended.', code: '0x014F' },
  transferBegun: { who: 'Device', text: 'UPS: Transferring firmware to UPS.', code: '0x0176' },
  transferFailed: { who: 'Device', text: 'UPS: Firmware transfer to UPS failed', code: '0x0178' },
  linkLost: {
    who: 'Device',
    text: 'UPS: Lost the local network management interface-to-UPS communication.',
    code: '0x0102',
  },
  linkRestored: {
    who: 'Device',
    text: 'UPS: Restored the local network management interface-to-UPS communication.',
    code: '0x0101',
  },
} as const satisfies Readonly<Record<string, LoggedEvent>>;

/** Why the card ended a transfer to the UPS. Only `Xmodem Cancel` was seen; the others are made up. */
export type TransferEnd = 'Done' | 'Refused' | 'Xmodem Cancel';

export function transferFinished(end: TransferEnd): LoggedEvent {
  return { who: 'Device', text: `UPS: Finished UPS firmware transfer [${end}]`, code: '0x0177' };
}

export function fileFailed(name: string): LoggedEvent {
  return { who: 'System', text: `File '${name}' transfer failed.`, code: '0x000F' };
}
