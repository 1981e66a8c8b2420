/**
 * The fields in the pages of a unit: paths from public drivers, in sections whose order depends on the
 * firmware.
 * Source: docs/sources/local.md#microlink-fields
 */

export const SECTION_NAMES = [
  'auth',
  'identity',
  'versions',
  'name',
  'ratings',
  'status',
  'battery',
  'input',
  'output',
  'outlets',
  'statistics',
] as const;
export type SectionName = (typeof SECTION_NAMES)[number];

/** The content of a field. */
export type FieldName =
  | 'serial'
  | 'manufactured'
  | 'sku'
  | 'model'
  | 'upsVersion'
  | 'mcuVersion'
  | 'ublVersion'
  | 'mblVersion'
  | 'name'
  | 'watts'
  | 'voltAmperes'
  | 'status'
  | 'changeCause'
  | 'testStatus'
  | 'calibrationStatus'
  | 'charge'
  | 'runtime'
  | 'batteryVolts'
  | 'batteryTemperature'
  | 'inputVolts'
  | 'inputFrequency'
  | 'realPower'
  | 'apparentPower'
  | 'outputVolts'
  | 'outputFrequency'
  | 'outletStatus'
  | 'outletName'
  | 'master'
  | 'slave'
  | 'authStatus'
  | 'uptime'
  | 'unknown';

/** A field, or a container of fields. */
export type Node = Usage | Container;

export interface Usage {
  readonly usage: number;
  readonly holds: FieldName;
  /** Bytes; a name is a width that the persona sets. */
  readonly size: number | 'serial' | 'sku' | 'model' | 'name';
  /** Limits in the descriptor: a mask, a maximum, or a minimum and a maximum. */
  readonly limits?: 'mask' | 'limit' | 'range';
  /** Not readable by its path. */
  readonly hidden?: boolean;
  /** Changes while the unit runs; its page is repeated after the password exchange. */
  readonly live?: boolean;
}

export interface Container {
  /**
   * `block`: an absolute path; `child`: one level down; `groups`: a collection, once per outlet group;
   * `same`: no level.
   */
  readonly open: 'block' | 'child' | 'groups' | 'same';
  readonly id: number;
  readonly body: readonly Node[];
}

function block(id: number, ...body: readonly Node[]): Container {
  return { open: 'block', id, body };
}

function child(id: number, ...body: readonly Node[]): Container {
  return { open: 'child', id, body };
}

function groups(id: number, ...body: readonly Node[]): Container {
  return { open: 'groups', id, body };
}

function same(...body: readonly Node[]): Container {
  return { open: 'same', id: 0, body };
}

function use(
  usage: number,
  holds: FieldName,
  size: Usage['size'] = 2,
  more: Pick<Usage, 'limits' | 'hidden' | 'live'> = {},
): Usage {
  return { usage, holds, size, ...more };
}

const LIVE = { live: true } as const;

/** Most fields are here: `2:4.` */
function inSystem(...body: readonly Node[]): Container {
  return block(2, child(4, ...body));
}

export const SECTIONS: Readonly<Record<SectionName, readonly Node[]>> = {
  // The passwords of the unit and of the host are next to each other.
  // Source: docs/sources/local.md#microlink-password
  auth: [
    inSystem(
      child(8, use(0x06, 'master', 4, LIVE), use(0x05, 'slave', 4, LIVE), use(0x09, 'authStatus', 2, LIVE)),
    ),
  ],
  identity: [
    inSystem(
      child(
        9,
        use(0x40, 'serial', 'serial'),
        use(0x19, 'manufactured', 2, { limits: 'limit' }),
        // A public capture has a block of another path in the middle of this one.
        block(4, use(0x16, 'unknown', 10)),
        use(0x42, 'sku', 'sku'),
        same(use(0x44, 'model', 'model')),
      ),
    ),
  ],
  // The paths of the three other versions are not public, so they have none.
  versions: [
    block(
      3,
      use(0x17, 'unknown', 2, { limits: 'range' }),
      use(0x4a, 'upsVersion', 8),
      use(0x4b, 'mcuVersion', 8, { hidden: true }),
      use(0x4c, 'ublVersion', 8, { hidden: true }),
      use(0x4d, 'mblVersion', 8, { hidden: true }),
    ),
  ],
  name: [inSystem(use(0x82, 'name', 'name'))],
  ratings: [
    inSystem(
      child(7, use(0x2a, 'watts', 2, { limits: 'range' }), use(0x2b, 'voltAmperes', 2, { limits: 'range' })),
    ),
  ],
  status: [
    block(
      2,
      use(0x0b, 'changeCause'),
      child(4, use(0x0a, 'status', 4, { limits: 'mask', live: true })),
      use(0x11, 'testStatus', 2, { limits: 'mask', live: true }),
      use(0x13, 'calibrationStatus', 2, { limits: 'mask', live: true }),
    ),
  ],
  battery: [
    inSystem(
      child(
        5,
        use(0x11, 'testStatus', 2, { limits: 'mask', live: true }),
        use(0x13, 'calibrationStatus', 2, { limits: 'mask', live: true }),
        use(0x20, 'charge', 2, { limits: 'limit', live: true }),
        use(0x21, 'batteryVolts', 2, LIVE),
        use(0x22, 'batteryTemperature', 2, LIVE),
        use(0x9f, 'runtime', 4, LIVE),
      ),
    ),
  ],
  input: [inSystem(child(6, use(0x25, 'inputVolts', 2, LIVE), use(0x27, 'inputFrequency', 2, LIVE)))],
  output: [
    inSystem(
      child(
        7,
        use(0x25, 'outputVolts', 2, LIVE),
        use(0x27, 'outputFrequency', 2, LIVE),
        use(0x28, 'realPower', 2, { limits: 'range', live: true }),
        use(0x49, 'apparentPower', 2, LIVE),
      ),
    ),
  ],
  outlets: [
    inSystem(
      child(0x3e, use(0xb6, 'outletStatus', 4, LIVE), use(0x82, 'outletName', 16)),
      groups(0x3d, use(0xb6, 'outletStatus', 4, { limits: 'mask', live: true }), use(0x82, 'outletName', 16)),
    ),
  ],
  statistics: [inSystem(child(5, child(0x0f, use(0x69, 'uptime', 4, LIVE))))],
};
