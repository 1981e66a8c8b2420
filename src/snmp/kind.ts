import type { DeviceKind } from '../core/index.ts';
import { OID } from './oids.ts';
import { oidOf, type SnmpAnswers, textOf } from './values.ts';

const APC = '1.3.6.1.4.1.318';

/** What the members of APC's product tree are, by the number below 318.1.3 (SNMP notes, section a). */
const PRODUCTS: Readonly<Record<string, DeviceKind>> = {
  '1': 'ups',
  '2': 'ups',
  '3': 'ups',
  '5': 'ups',
  '6': 'ups',
  '7': 'ups',
  '13': 'ups',
  '16': 'ups',
  '17': 'ups',
  '21': 'ups',
  '23': 'ups',
  '27': 'ups',
  '28': 'ups',
  '30': 'ups',
  '37': 'ups',
  '39': 'ups',
  '4': 'pdu',
  '15': 'pdu',
  '24': 'pdu',
  '34': 'pdu',
  '35': 'pdu',
  '9': 'ats',
  '11': 'ats',
  '19': 'ats',
  '32': 'ats',
  '38': 'ats',
  '14': 'cooling',
  '31': 'agent',
  '33': 'agent',
};

/** Trees of others that answer for a UPS or mirror PowerNet's layout. */
const OTHER_TREES: Readonly<Record<string, DeviceKind>> = {
  '1.3.6.1.4.1.705': 'ups',
  '1.3.6.1.4.1.674.10902': 'ups',
  '1.3.6.1.2.1.33': 'ups',
  '1.3.6.1.4.1.935': 'ups',
  '1.3.6.1.4.1.8072': 'agent',
};

/** A Smart-UPS calls itself so, in capitals on old units. */
const SMART_UPS = /^smart-ups\b/i;

/** Tells what answered. No single object decides: cards with a wrong sysObjectID and mirrored trees exist. */
export function kindOf(answers: SnmpAnswers): DeviceKind {
  const model = textOf(answers, OID.model)?.trim() ?? '';
  const objectId = oidOf(answers, OID.sysObjectId);
  const firmware = textOf(answers, OID.firmware);
  const isApc = objectId === null || within(objectId, APC);
  if (isApc && SMART_UPS.test(model) && firmware !== null) return 'smart-ups';
  if (objectId === null) return model === '' ? 'other' : 'ups';
  if (objectId === APC) return 'card';
  if (isApc) {
    const member = /^1\.3\.6\.1\.4\.1\.318\.1\.3\.(\d+)/.exec(objectId)?.[1];
    return PRODUCTS[member ?? ''] ?? 'other';
  }
  for (const [tree, kind] of Object.entries(OTHER_TREES)) {
    if (within(objectId, tree)) return kind;
  }
  return 'other';
}

function within(oid: string, tree: string): boolean {
  return oid === tree || oid.startsWith(`${tree}.`);
}
