import { type Card, type DeviceKind, sanitize, usableSerial } from '../../core/index.ts';
import { OID } from '../client/oids.ts';
import { oidOf, type SnmpAnswers, textOf } from '../client/values.ts';

/** The model of a Smart-UPS; in capitals on old units. */
const SMART_UPS = /^smart-ups\b/i;

/**
 * Identifies a device by several objects together. There are cards with a wrong sysObjectID, one card model
 * in both a UPS and a cooling unit, and trees that mirror the layout of PowerNet.
 */
export function productOf(answers: SnmpAnswers, card: Card | null): Product {
  const model = textOf(answers, OID.model)?.trim() ?? '';
  const objectId = oidOf(answers, OID.sysObjectId);
  const isApc = objectId === null || within(objectId, APC_TREE);
  const product = objectId === null ? null : oneBelow(objectId, `${APC_TREE}.1.3`);
  // The object ID alone is no evidence, but it is enough together with the model if the firmware is not
  // reported.
  const known = textOf(answers, OID.firmware) !== null || SMART_UPS_MEMBERS.has(product ?? '');
  if (isApc && SMART_UPS.test(model) && known) return { kind: 'smart-ups', name: 'APC Smart-UPS' };
  for (const [tree, product] of TREES) {
    if (objectId !== null && within(objectId, tree)) return product;
  }
  const byApplication = APPLICATIONS[card?.app?.name ?? ''];
  const listed = product === null ? undefined : APC_PRODUCTS[product];
  if (listed !== undefined) return listed;
  if (isApc && byApplication !== undefined) return byApplication;
  if (objectId === APC_TREE) return BARE_CARD;
  // Only a UPS has the model object of a UPS.
  if (isApc && model !== '') return { kind: 'ups', name: 'UPS' };
  if (objectId !== null && within(objectId, APC_TREE)) return { kind: 'other', name: 'APC device' };
  return { kind: 'other', name: 'device of another kind' };
}

function within(oid: string, tree: string): boolean {
  return oid === tree || oid.startsWith(`${tree}.`);
}

/** The number after a tree in an object ID. */
function oneBelow(oid: string, tree: string): string | null {
  return within(oid, tree) ? (oid.slice(tree.length + 1).split('.')[0] ?? null) : null;
}

/** What a device is: its kind and its common name. */
export interface Product {
  readonly kind: DeviceKind;
  readonly name: string;
}

/**
 * Members of APC's product tree, by the number after 318.1.3.
 * Source: docs/sources/snmp.md#product-tree
 */
export const APC_PRODUCTS: Readonly<Record<string, Product>> = {
  '1': { kind: 'ups', name: 'APC Back-UPS' },
  '2': { kind: 'ups', name: 'APC Smart-UPS' },
  '3': { kind: 'ups', name: 'APC Matrix-UPS' },
  '4': { kind: 'pdu', name: 'APC rack PDU' },
  '5': { kind: 'ups', name: 'APC Symmetra' },
  '6': { kind: 'ups', name: 'APC DP series or Silcon UPS' },
  '7': { kind: 'ups', name: 'APC DP series or Silcon UPS' },
  '8': { kind: 'other', name: 'APC environment monitor' },
  '9': { kind: 'ats', name: 'APC transfer switch' },
  '10': { kind: 'other', name: 'APC DC power system' },
  '11': { kind: 'ats', name: 'APC transfer switch' },
  '12': { kind: 'other', name: 'APC access control' },
  '13': { kind: 'ups', name: 'APC three-phase UPS' },
  '14': { kind: 'cooling', name: 'APC cooling unit' },
  '15': { kind: 'pdu', name: 'APC power distribution unit' },
  '16': { kind: 'ups', name: 'APC three-phase UPS' },
  '17': { kind: 'ups', name: 'APC Smart-UPS VT' },
  '18': { kind: 'other', name: 'APC battery manager' },
  '19': { kind: 'ats', name: 'APC transfer switch' },
  '20': { kind: 'other', name: 'APC console' },
  '21': { kind: 'ups', name: 'Gutor UPS' },
  '22': { kind: 'other', name: 'APC access control' },
  '23': { kind: 'ups', name: 'APC Symmetra PX' },
  '24': { kind: 'pdu', name: 'APC power distribution unit' },
  '25': { kind: 'other', name: 'APC management server' },
  '27': { kind: 'ups', name: 'APC Smart-UPS' },
  '28': { kind: 'ups', name: 'Schneider Galaxy' },
  '30': { kind: 'ups', name: 'APC EPS' },
  '31': { kind: 'agent', name: 'PowerChute Network Shutdown on a computer' },
  '32': { kind: 'ats', name: 'APC transfer switch' },
  '33': { kind: 'agent', name: 'PowerChute Business Edition on a computer' },
  '34': { kind: 'pdu', name: 'APC power distribution unit' },
  '35': { kind: 'pdu', name: 'APC power distribution unit' },
  '36': { kind: 'other', name: 'APC micro data centre' },
  '37': { kind: 'ups', name: 'APC Easy UPS' },
  '38': { kind: 'ats', name: 'APC transfer switch' },
  '39': { kind: 'ups', name: 'APC Smart-UPS Ultra' },
};

/** Members of that tree that are Smart-UPS units. */
export const SMART_UPS_MEMBERS: ReadonlySet<string> = new Set(['2', '17', '27', '39']);

export const APC_TREE = '1.3.6.1.4.1.318';

/** Trees that identify a device; a tree within another one comes first. */
export const TREES: readonly (readonly [string, Product])[] = [
  // Clustered PDUs report their objects instead of a product.
  // Source: docs/sources/snmp.md#product-tree
  ['1.3.6.1.4.1.318.1.1.32', { kind: 'pdu', name: 'APC rack PDU' }],
  ['1.3.6.1.4.1.52674', { kind: 'other', name: 'NetBotz environment monitor' }],
  ['1.3.6.1.4.1.5528', { kind: 'other', name: 'NetBotz environment monitor' }],
  ['1.3.6.1.4.1.705', { kind: 'ups', name: 'MGE or Eaton UPS' }],
  ['1.3.6.1.4.1.674.10902', { kind: 'ups', name: 'Dell UPS' }],
  ['1.3.6.1.2.1.33', { kind: 'ups', name: 'UPS of another maker' }],
  ['1.3.6.1.4.1.935', { kind: 'ups', name: 'UPS behind a NetAgent card' }],
  // Its tree mirrors the layout of PowerNet, but the device is no Smart-UPS.
  ['1.3.6.1.4.1.3808.1.1.1', { kind: 'ups', name: 'CyberPower UPS' }],
  ['1.3.6.1.4.1.3808.1.1.6', { kind: 'pdu', name: 'CyberPower PDU' }],
  ['1.3.6.1.4.1.3808', { kind: 'other', name: 'CyberPower device' }],
  ['1.3.6.1.4.1.8072', { kind: 'agent', name: 'computer with the Net-SNMP agent' }],
];

/**
 * What the application of an APC card is for, where the object ID does not show it.
 * Source: docs/sources/snmp.md#sysdescr
 */
export const APPLICATIONS: Readonly<Record<string, Product>> = {
  sy: { kind: 'ups', name: 'APC Symmetra' },
  rpdu: { kind: 'pdu', name: 'APC rack PDU' },
  rpdu2g: { kind: 'pdu', name: 'APC rack PDU' },
  ms: { kind: 'pdu', name: 'APC MasterSwitch' },
  xpdu: { kind: 'pdu', name: 'APC power distribution unit' },
  ats4g: { kind: 'ats', name: 'APC transfer switch' },
  nairfm: { kind: 'cooling', name: 'APC cooling unit' },
  acrc: { kind: 'cooling', name: 'APC cooling unit' },
  rd3xx: { kind: 'cooling', name: 'APC cooling unit' },
  unflrsp: { kind: 'cooling', name: 'APC cooling unit' },
  nb200: { kind: 'other', name: 'NetBotz environment monitor' },
  mem: { kind: 'other', name: 'APC environment monitor' },
};

/**
 * A card whose sysObjectID is the tree itself.
 * Source: docs/sources/snmp.md#card-without-its-application
 */
export const BARE_CARD: Product = { kind: 'card', name: 'APC card without its application' };

/** Read from every device that is not a Smart-UPS, to describe it. */
export const NAMING_OIDS: readonly string[] = [
  OID.standardMaker,
  OID.standardModel,
  OID.hostModel,
  OID.hostSerial,
  OID.moduleFile1,
  OID.moduleFile2,
  OID.moduleVersion1,
  OID.moduleVersion2,
  OID.moduleVersion3,
];

/**
 * One line about a device that is not a Smart-UPS: what it is, its model, the firmware of its card, its
 * serial number and its name, as far as it reports them. Fit for printing.
 */
export function describe(product: Product, answers: SnmpAnswers, card: Card | null): string {
  const text = (oid: string): string => sanitize(textOf(answers, oid) ?? '', 80);
  const maker = text(OID.standardMaker);
  const model =
    text(OID.model) ||
    text(OID.hostModel) ||
    card?.model ||
    [maker, text(OID.standardModel)].join(' ').trim();
  const serial = [text(OID.serial), text(OID.hostSerial), card?.serial ?? ''].find(
    (one) => usableSerial(one) !== null,
  );
  const parts = [
    model === '' ? product.name : `${product.name} ${withoutRepeat(model, product.name)}`.trimEnd(),
  ];
  if (card?.app?.name) parts.push(`${card.app.name} ${card.app.version ?? ''}`.trimEnd());
  if (serial !== undefined) parts.push(`serial ${serial}`);
  if (product.kind === 'other' && model === '')
    parts.push(sanitize(oidOf(answers, OID.sysObjectId) ?? '', 60));
  // The description of a card repeats the parts above.
  const description = text(OID.sysDescr);
  if (description !== '' && card === null && description !== model) parts.push(`"${description}"`);
  const name = text(OID.sysName);
  if (name !== '') parts.push(`named ${name}`);
  return sanitize(parts.filter((part) => part !== '').join(', '), 200);
}

/** `APC Symmetra` and `Symmetra LX 16000` give `APC Symmetra LX 16000`. */
function withoutRepeat(model: string, what: string): string {
  const last = what.split(' ').at(-1) ?? '';
  return model.toLowerCase().startsWith(`${last.toLowerCase()} `) ? model.slice(last.length + 1) : model;
}
