import { SIMULATED_MARK } from '../../../core/index.ts';
import type { SimulatedDevice } from '../../device/device.ts';

/** An object of the simulated agent. `value` reads it from the device; null: the agent lacks it. */
export interface SimulatedObject {
  readonly oid: string;
  readonly type: 'text' | 'integer' | 'gauge' | 'ticks' | 'oid';
  readonly value: (device: SimulatedDevice) => string | number | null;
}

/**
 * sysObjectID of a card without its application.
 * Source: docs/sources/snmp.md#card-without-its-application
 */
const BARE_CARD = '1.3.6.1.4.1.318';
const P = '1.3.6.1.4.1.318.1.1.1';

/** The object that starts and shows an update; the only writable one. */
export const UPDATE_OBJECT = `${P}.6.2.9.0`;

/**
 * Serial number, file and version of the parts of a card: 1 operating system, 2 application, 3 boot monitor.
 * Source: docs/sources/snmp.md#versions-of-the-card
 */
const MODULE_TABLE = '1.3.6.1.4.1.318.1.4.2.4.1';

function appRuns(device: SimulatedDevice): boolean {
  return device.card.appState !== 'A!' && device.card.appState !== 'A-';
}

/** The identity of the UPS, which a card has from its UPS alone. */
const UPS_IDENTITY = `${P}.1.`;

/** The current value of an object. Without its application a card has only the system group. */
export function valueNow(object: SimulatedObject, device: SimulatedDevice): string | number | null {
  if (!appRuns(device) && object.oid.startsWith(BARE_CARD)) return null;
  const { forgotten } = device;
  if (forgotten === null || !object.oid.startsWith(UPS_IDENTITY)) return object.value(device);
  if (forgotten === 'absent' || object.type !== 'text') return null;
  return forgotten === 'empty' ? '' : 'UNKNOWN';
}

/**
 * Cells of the module table: serial number, file, version of each part. No first-generation card is known to
 * have it.
 */
function moduleObjects(): readonly SimulatedObject[] {
  const parts = ['os', 'app', 'boot'] as const;
  return parts.flatMap((part, at): SimulatedObject[] => {
    const cell = (column: number, value: (device: SimulatedDevice) => string | number): SimulatedObject => ({
      oid: `${MODULE_TABLE}.${column}.${at + 1}`,
      type: column === 1 ? 'integer' : 'text',
      value: (device) => (device.persona.generation === 'nmc1' ? null : value(device)),
    });
    return [
      cell(1, () => at + 1),
      cell(2, (device) => device.cardSerial),
      cell(3, (device) => device.card.fileName(part)),
      cell(4, (device) => device[`${part}Version`]),
    ];
  });
}

/** Every object that an agent may have. */
export const OBJECTS: readonly SimulatedObject[] = [
  { oid: '1.3.6.1.2.1.1.1.0', type: 'text', value: sysDescr },
  {
    oid: '1.3.6.1.2.1.1.2.0',
    type: 'oid',
    value: (device) => (appRuns(device) ? device.persona.sysObjectId : BARE_CARD),
  },
  { oid: '1.3.6.1.2.1.1.3.0', type: 'ticks', value: (device) => device.card.uptimeSeconds * 100 },
  { oid: '1.3.6.1.2.1.1.4.0', type: 'text', value: () => SIMULATED_MARK },
  { oid: '1.3.6.1.2.1.1.5.0', type: 'text', value: (device) => device.name },
  { oid: `${P}.1.1.1.0`, type: 'text', value: (device) => device.persona.ups.model },
  { oid: `${P}.1.1.2.0`, type: 'text', value: (device) => device.name.slice(0, 8) },
  { oid: `${P}.1.2.1.0`, type: 'text', value: (device) => device.firmware },
  { oid: `${P}.1.2.2.0`, type: 'text', value: (device) => device.persona.ups.manufactured },
  { oid: `${P}.1.2.3.0`, type: 'text', value: (device) => device.serial },
  { oid: `${P}.1.2.5.0`, type: 'text', value: (device) => device.persona.ups.sku },
  { oid: `${P}.1.2.9.0`, type: 'integer', value: (device) => device.persona.ups.ratingVA },
  { oid: `${P}.2.1.1.0`, type: 'integer', value: () => 2 },
  { oid: `${P}.2.2.1.0`, type: 'gauge', value: (device) => device.batteryPercent },
  { oid: `${P}.2.2.3.0`, type: 'ticks', value: () => 240_000 },
  { oid: `${P}.4.1.1.0`, type: 'integer', value: outputStatus },
  { oid: `${P}.4.2.3.0`, type: 'gauge', value: () => 23 },
  { oid: `${P}.7.2.3.0`, type: 'integer', value: () => 1 },
  { oid: `${P}.7.2.6.0`, type: 'integer', value: () => 7 },
  { oid: `${P}.8.1.0`, type: 'integer', value: (device) => (device.linkUp ? 1 : 2) },
  { oid: `${P}.11.1.1.0`, type: 'text', value: stateFlags },
  {
    oid: UPDATE_OBJECT,
    type: 'integer',
    value: (device) => (device.persona.updateObject ? device.update : null),
  },
  ...moduleObjects(),
];

function sysDescr(device: SimulatedDevice): string {
  if (!appRuns(device)) return 'APC SNMP Agent';
  const { model, hardwareRevision } = device.persona.card;
  const { osVersion, appVersion } = device;
  const fields = [
    'MB:v4.1.0',
    `PF:${osVersion}`,
    `PN:${device.card.fileName('os')}`,
    `AF1:${appVersion}`,
    `AN1:${device.card.fileName('app')}`,
    `MN:${model}`,
    `HR:${hardwareRevision}`,
    `SN: ${device.cardSerial}`,
    'MD:05/11/2021',
  ];
  return `APC Web/SNMP Management Card (${fields.join(' ')}) (Embedded PowerNet SNMP Agent SW v2.2 compatible)`;
}

function outputStatus(device: SimulatedDevice): number {
  if (!device.outputOn) return 7;
  return device.onBattery ? 3 : 2;
}

/** 64 flags, numbered from 1. While the link is down the card repeats the last ones and clears flag 6. */
function stateFlags(device: SimulatedDevice): string {
  if (device.forgotten !== null) return 'UNKNOWN';
  const flags = Array.from({ length: 64 }, () => '0');
  const raise = (flag: number, up: boolean): void => {
    if (up) flags[flag - 1] = '1';
  };
  raise(1, device.alarm || device.onBattery);
  raise(2, device.onBattery);
  raise(4, !device.onBattery);
  raise(6, device.linkUp);
  raise(19, device.outputOn);
  // A fan, as one example of an alarm.
  raise(41, device.alarm);
  return flags.join('');
}
