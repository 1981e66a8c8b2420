import type { DeviceKind } from '../../core/index.ts';

/** What a device is: its kind and its common name. Signs with the same family agree. */
export interface Product {
  readonly kind: DeviceKind;
  readonly family: string;
  readonly name: string;
}

const product =
  (kind: DeviceKind, family: string) =>
  (name: string): Product => ({ kind, family, name });
const smartUps = product('smart-ups', 'smart-ups');
const rackPdu = product('pdu', 'pdu');
const transferSwitch = product('ats', 'ats')('APC transfer switch');
const cooling = product('cooling', 'cooling')('APC cooling unit');
const access = product('other', 'access')('APC access control');
const monitor = product('other', 'monitor');
const easyUps = product('ups', 'easy-ups');
const symmetra = product('ups', 'symmetra');
const threePhase = product('ups', 'three-phase')('APC three-phase UPS');
const silcon = product('ups', 'silcon')('APC DP series or Silcon UPS');
const galaxy = product('ups', 'galaxy')('Schneider Galaxy');
/** Programs that report the UPS of their computer. */
const powerChute = product('agent', 'powerchute');

export const SMART_UPS = smartUps('APC Smart-UPS');
export const RACK_PDU = rackPdu('APC rack PDU');
export const DISTRIBUTION = rackPdu('APC power distribution unit');
export const NETBOTZ = monitor('NetBotz environment monitor');
export const BACK_UPS = product('ups', 'back-ups')('APC Back-UPS');
export const MATRIX_UPS = product('ups', 'matrix-ups')('APC Matrix-UPS');
export const EASY_UPS = easyUps('APC Easy UPS');
export const EASY_UPS_3_PHASE = easyUps('APC Easy UPS 3-phase');
export const SYMMETRA = symmetra('APC Symmetra');
export const MASTER_SWITCH = rackPdu('APC MasterSwitch');
export const MONITOR = monitor('APC environment monitor');
export const OTHER_UPS = product('ups', 'other-ups')('UPS of another family');
/** Products that several tables name. */
export { cooling as COOLING, galaxy as GALAXY, silcon as SILCON, transferSwitch as TRANSFER_SWITCH };

/**
 * A card without its application.
 * Source: docs/sources/snmp.md#card-without-its-application
 */
export const BARE_CARD = product('card', 'card')('APC card without its application');
export const APC_DEVICE = product('other', 'apc')('APC device');
export const OTHER_DEVICE = product('other', 'other')('device of another kind');

export const APC_TREE = '1.3.6.1.4.1.318';

/** Members of APC's product tree, by the number after 318.1.3. Source: docs/sources/snmp.md#product-tree */
export const APC_PRODUCTS: Readonly<Record<string, Product>> = {
  '1': BACK_UPS,
  '2': SMART_UPS,
  '3': MATRIX_UPS,
  '4': RACK_PDU,
  '5': SYMMETRA,
  '6': silcon,
  '7': silcon,
  '8': MONITOR,
  '9': transferSwitch,
  '10': product('other', 'dc-power')('APC DC power system'),
  '11': transferSwitch,
  '12': access,
  '13': threePhase,
  '14': cooling,
  '15': DISTRIBUTION,
  '16': threePhase,
  '17': smartUps('APC Smart-UPS VT'),
  '18': product('other', 'battery-manager')('APC battery manager'),
  '19': transferSwitch,
  '20': product('other', 'console')('APC console'),
  '21': product('ups', 'gutor')('Gutor UPS'),
  '22': access,
  '23': symmetra('APC Symmetra PX'),
  '24': DISTRIBUTION,
  '25': product('other', 'server')('APC management server'),
  '27': SMART_UPS,
  '28': galaxy,
  '30': product('ups', 'eps')('APC EPS'),
  '31': powerChute('PowerChute Network Shutdown on a computer'),
  '32': transferSwitch,
  '33': powerChute('PowerChute Business Edition on a computer'),
  '34': DISTRIBUTION,
  '35': DISTRIBUTION,
  '36': product('other', 'micro-data-centre')('APC micro data centre'),
  '37': EASY_UPS,
  '38': transferSwitch,
  '39': smartUps('APC Smart-UPS Ultra'),
};

/** Trees of object IDs that identify a device; a tree within another one comes first. */
export const TREES: readonly (readonly [string, Product])[] = [
  // Clustered PDUs report their objects instead of a product.
  // Source: docs/sources/snmp.md#product-tree
  ['1.3.6.1.4.1.318.1.1.32', RACK_PDU],
  ['1.3.6.1.4.1.52674', NETBOTZ],
  ['1.3.6.1.4.1.5528', NETBOTZ],
  ['1.3.6.1.4.1.705', product('ups', 'mge')('MGE or Eaton UPS')],
  ['1.3.6.1.4.1.674.10902', product('ups', 'dell')('Dell UPS')],
  ['1.3.6.1.2.1.33', product('ups', 'rfc-1628')('UPS of another maker')],
  ['1.3.6.1.4.1.935', product('ups', 'netagent')('UPS behind a NetAgent card')],
  // Its tree mirrors the layout of PowerNet, but the device is no Smart-UPS.
  ['1.3.6.1.4.1.3808.1.1.1', product('ups', 'cyberpower')('CyberPower UPS')],
  ['1.3.6.1.4.1.3808.1.1.6', product('pdu', 'cyberpower')('CyberPower PDU')],
  ['1.3.6.1.4.1.3808', product('other', 'cyberpower')('CyberPower device')],
  ['1.3.6.1.4.1.8072', product('agent', 'computer')('computer with the Net-SNMP agent')],
];
