import { type Card, type DeviceKind, sanitize, usableSerial } from '../../core/index.ts';
import { OID } from '../client/oids.ts';
import { oidOf, type SnmpAnswers, textOf } from '../client/values.ts';

/** A Smart-UPS calls itself so, in capitals on old units. */
const SMART_UPS = /^smart-ups\b/i;

/**
 * Tells what answered, by several objects together: cards with a wrong sysObjectID, one card model in a UPS and in a cooling
 * unit, and trees that mirror PowerNet's layout all exist.
 */
export function productOf(answers: SnmpAnswers, card: Card | null): Product {
  const model = textOf(answers, OID.model)?.trim() ?? '';
  const objectId = oidOf(answers, OID.sysObjectId);
  const isApc = objectId === null || within(objectId, APC_TREE);
  const said = objectId === null ? null : oneBelow(objectId, `${APC_TREE}.1.3`);
  // The object id alone is no evidence, but it will do beside the name where the firmware is not told.
  const known = textOf(answers, OID.firmware) !== null || SMART_UPS_MEMBERS.has(said ?? '');
  if (isApc && SMART_UPS.test(model) && known) return { kind: 'smart-ups', what: 'APC Smart-UPS' };
  for (const [tree, product] of TREES) {
    if (objectId !== null && within(objectId, tree)) return product;
  }
  const byApplication = APPLICATIONS[card?.app?.name ?? ''];
  const listed = said === null ? undefined : APC_PRODUCTS[said];
  if (listed !== undefined) return listed;
  if (isApc && byApplication !== undefined) return byApplication;
  if (objectId === APC_TREE) return BARE_CARD;
  // Only a UPS has the object of a UPS's model.
  if (isApc && model !== '') return { kind: 'ups', what: 'UPS' };
  if (objectId !== null && within(objectId, APC_TREE)) return { kind: 'other', what: 'APC device' };
  return { kind: 'other', what: 'device of another kind' };
}

function within(oid: string, tree: string): boolean {
  return oid === tree || oid.startsWith(`${tree}.`);
}

/** The number that follows a tree in an object id. */
function oneBelow(oid: string, tree: string): string | null {
  return within(oid, tree) ? (oid.slice(tree.length + 1).split('.')[0] ?? null) : null;
}

/** What a device is: its kind, and what people call such a thing. */
export interface Product {
  readonly kind: DeviceKind;
  readonly what: string;
}

/**
 * The members of APC's product tree, by the number below 318.1.3.
 * Source: docs/sources/snmp.md#product-tree
 */
export const APC_PRODUCTS: Readonly<Record<string, Product>> = {
  '1': { kind: 'ups', what: 'APC Back-UPS' },
  '2': { kind: 'ups', what: 'APC Smart-UPS' },
  '3': { kind: 'ups', what: 'APC Matrix-UPS' },
  '4': { kind: 'pdu', what: 'APC rack PDU' },
  '5': { kind: 'ups', what: 'APC Symmetra' },
  '6': { kind: 'ups', what: 'APC DP series or Silcon UPS' },
  '7': { kind: 'ups', what: 'APC DP series or Silcon UPS' },
  '8': { kind: 'other', what: 'APC environment monitor' },
  '9': { kind: 'ats', what: 'APC transfer switch' },
  '10': { kind: 'other', what: 'APC DC power system' },
  '11': { kind: 'ats', what: 'APC transfer switch' },
  '12': { kind: 'other', what: 'APC access control' },
  '13': { kind: 'ups', what: 'APC three-phase UPS' },
  '14': { kind: 'cooling', what: 'APC cooling unit' },
  '15': { kind: 'pdu', what: 'APC power distribution unit' },
  '16': { kind: 'ups', what: 'APC three-phase UPS' },
  '17': { kind: 'ups', what: 'APC Smart-UPS VT' },
  '18': { kind: 'other', what: 'APC battery manager' },
  '19': { kind: 'ats', what: 'APC transfer switch' },
  '20': { kind: 'other', what: 'APC console' },
  '21': { kind: 'ups', what: 'Gutor UPS' },
  '22': { kind: 'other', what: 'APC access control' },
  '23': { kind: 'ups', what: 'APC Symmetra PX' },
  '24': { kind: 'pdu', what: 'APC power distribution unit' },
  '25': { kind: 'other', what: 'APC management server' },
  '27': { kind: 'ups', what: 'APC Smart-UPS' },
  '28': { kind: 'ups', what: 'Schneider Galaxy' },
  '30': { kind: 'ups', what: 'APC EPS' },
  '31': { kind: 'agent', what: 'PowerChute Network Shutdown on a computer' },
  '32': { kind: 'ats', what: 'APC transfer switch' },
  '33': { kind: 'agent', what: 'PowerChute Business Edition on a computer' },
  '34': { kind: 'pdu', what: 'APC power distribution unit' },
  '35': { kind: 'pdu', what: 'APC power distribution unit' },
  '36': { kind: 'other', what: 'APC micro data centre' },
  '37': { kind: 'ups', what: 'APC Easy UPS' },
  '38': { kind: 'ats', what: 'APC transfer switch' },
  '39': { kind: 'ups', what: 'APC Smart-UPS Ultra' },
};

/** Members of that tree that are Smart-UPS units. */
export const SMART_UPS_MEMBERS: ReadonlySet<string> = new Set(['2', '17', '27', '39']);

export const APC_TREE = '1.3.6.1.4.1.318';

/** Trees by which a device is known, the longest first where one lies in another. */
export const TREES: readonly (readonly [string, Product])[] = [
  // Clustered PDUs answer with their objects instead of a product.
  // Source: docs/sources/snmp.md#product-tree
  ['1.3.6.1.4.1.318.1.1.32', { kind: 'pdu', what: 'APC rack PDU' }],
  ['1.3.6.1.4.1.52674', { kind: 'other', what: 'NetBotz environment monitor' }],
  ['1.3.6.1.4.1.5528', { kind: 'other', what: 'NetBotz environment monitor' }],
  ['1.3.6.1.4.1.705', { kind: 'ups', what: 'MGE or Eaton UPS' }],
  ['1.3.6.1.4.1.674.10902', { kind: 'ups', what: 'Dell UPS' }],
  ['1.3.6.1.2.1.33', { kind: 'ups', what: 'UPS of another maker' }],
  ['1.3.6.1.4.1.935', { kind: 'ups', what: 'UPS behind a NetAgent card' }],
  // Its tree mirrors the layout of PowerNet, and says nothing of a Smart-UPS.
  ['1.3.6.1.4.1.3808.1.1.1', { kind: 'ups', what: 'CyberPower UPS' }],
  ['1.3.6.1.4.1.3808.1.1.6', { kind: 'pdu', what: 'CyberPower PDU' }],
  ['1.3.6.1.4.1.3808', { kind: 'other', what: 'CyberPower device' }],
  ['1.3.6.1.4.1.8072', { kind: 'agent', what: 'computer with the Net-SNMP agent' }],
];

/**
 * What the application of an APC card runs for, where the object id does not say it.
 * Source: docs/sources/snmp.md#sysdescr
 */
export const APPLICATIONS: Readonly<Record<string, Product>> = {
  sy: { kind: 'ups', what: 'APC Symmetra' },
  rpdu: { kind: 'pdu', what: 'APC rack PDU' },
  rpdu2g: { kind: 'pdu', what: 'APC rack PDU' },
  ms: { kind: 'pdu', what: 'APC MasterSwitch' },
  xpdu: { kind: 'pdu', what: 'APC power distribution unit' },
  ats4g: { kind: 'ats', what: 'APC transfer switch' },
  nairfm: { kind: 'cooling', what: 'APC cooling unit' },
  acrc: { kind: 'cooling', what: 'APC cooling unit' },
  rd3xx: { kind: 'cooling', what: 'APC cooling unit' },
  unflrsp: { kind: 'cooling', what: 'APC cooling unit' },
  nb200: { kind: 'other', what: 'NetBotz environment monitor' },
  mem: { kind: 'other', what: 'APC environment monitor' },
};

/**
 * A card whose sysObjectID stops at the tree itself.
 * Source: docs/sources/snmp.md#card-without-its-application
 */
export const BARE_CARD: Product = { kind: 'card', what: 'APC card without its application' };

/** What is asked of everything that is no Smart-UPS, to call it by its name. */
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
 * One line about a device that is no Smart-UPS: what it is, its model, what runs on its card, its serial number and its name,
 * each as far as it says so. Fit for printing.
 */
export function describe(product: Product, answers: SnmpAnswers, card: Card | null): string {
  const said = (oid: string): string => sanitize(textOf(answers, oid) ?? '', 80);
  const maker = said(OID.standardMaker);
  const model =
    said(OID.model) ||
    said(OID.hostModel) ||
    card?.model ||
    [maker, said(OID.standardModel)].join(' ').trim();
  const serial = [said(OID.serial), said(OID.hostSerial), card?.serial ?? ''].find(
    (one) => usableSerial(one) !== null,
  );
  const parts = [
    model === '' ? product.what : `${product.what} ${withoutRepeat(model, product.what)}`.trimEnd(),
  ];
  if (card?.app?.name) parts.push(`${card.app.name} ${card.app.version ?? ''}`.trimEnd());
  if (serial !== undefined) parts.push(`serial ${serial}`);
  if (product.kind === 'other' && model === '')
    parts.push(sanitize(oidOf(answers, OID.sysObjectId) ?? '', 60));
  // The description of a card holds what was said already.
  const description = said(OID.sysDescr);
  if (description !== '' && card === null && description !== model) parts.push(`"${description}"`);
  const name = said(OID.sysName);
  if (name !== '') parts.push(`named ${name}`);
  return sanitize(parts.filter((part) => part !== '').join(', '), 200);
}

/** `APC Symmetra` and `Symmetra LX 16000` are said as `APC Symmetra LX 16000`. */
function withoutRepeat(model: string, what: string): string {
  const last = what.split(' ').at(-1) ?? '';
  return model.toLowerCase().startsWith(`${last.toLowerCase()} `) ? model.slice(last.length + 1) : model;
}
