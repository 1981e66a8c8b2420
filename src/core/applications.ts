import type { DeviceKind } from './unit.ts';

/** What an application of a card is for: the kind of device and its common name. */
export interface ApplicationProduct {
  readonly kind: DeviceKind;
  readonly name: string;
}

/**
 * Applications of APC cards by the name in their firmware files (`apc_hw05_rpdu2g_726.bin`) and in sysDescr.
 * Names of one family differ in a generation or size at the end (`rpdu2g`, `nb250`), see
 * {@link applicationProduct}.
 * Source: docs/sources/card.md#platforms-and-applications, docs/sources/snmp.md#sysdescr
 */
export const CARD_APPLICATIONS: Readonly<Record<string, ApplicationProduct>> = {
  sumx: { kind: 'smart-ups', name: 'APC Smart-UPS' },
  su: { kind: 'smart-ups', name: 'APC Smart-UPS' },
  sy: { kind: 'ups', name: 'APC Symmetra' },
  eu3p: { kind: 'ups', name: 'APC Easy UPS' },
  rpdu: { kind: 'pdu', name: 'APC rack PDU' },
  rpdu2g: { kind: 'pdu', name: 'APC rack PDU' },
  ms: { kind: 'pdu', name: 'APC MasterSwitch' },
  xpdu: { kind: 'pdu', name: 'APC power distribution unit' },
  ats: { kind: 'ats', name: 'APC transfer switch' },
  ats4g: { kind: 'ats', name: 'APC transfer switch' },
  nairfm: { kind: 'cooling', name: 'APC cooling unit' },
  acrc: { kind: 'cooling', name: 'APC cooling unit' },
  rd3xx: { kind: 'cooling', name: 'APC cooling unit' },
  unflrsp: { kind: 'cooling', name: 'APC cooling unit' },
  nb: { kind: 'other', name: 'NetBotz environment monitor' },
  nb200: { kind: 'other', name: 'NetBotz environment monitor' },
  mem: { kind: 'other', name: 'APC environment monitor' },
};

const GENERATION = /\d{1,4}[a-z]?$/;

/**
 * The product of an application, by its whole name or by its name without the generation at the end. Null if
 * neither is known. Only a whole name stands for a Smart-UPS.
 */
export function applicationProduct(name: string): ApplicationProduct | null {
  const lower = name.toLowerCase();
  const exact = listed(lower);
  if (exact !== null) return exact;
  const family = listed(lower.replace(GENERATION, ''));
  return family?.kind === 'smart-ups' ? null : family;
}

function listed(name: string): ApplicationProduct | null {
  return Object.hasOwn(CARD_APPLICATIONS, name) ? (CARD_APPLICATIONS[name] ?? null) : null;
}
