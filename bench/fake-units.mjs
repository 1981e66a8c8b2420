// The answers of the fake agents: a Smart-UPS behind a third-generation card, with made-up values in the real
// grammar.
import { createHash } from 'node:crypto';
import * as snmp from 'net-snmp';

export const USER = {
  name: 'audit',
  authProtocol: snmp.AuthProtocols.sha,
  authKey: 'bench-auth-pass-phrase',
  privProtocol: snmp.PrivProtocols.aes,
  privKey: 'bench-priv-pass-phrase',
};

const P = '1.3.6.1.4.1.318.1.1.1';
const DESCRIPTION =
  'APC Web/SNMP Management Card (MB:v4.2.9 PF:v2.3.1.1 PN:apc_hw21_aos_2.3.1.1.bin AF1:v2.3.1.1 AN1:apc_hw21_su_2.3.1.1.bin MN:AP9641 HR:5 SN: 5A2100T00001 MD:01/01/2021) (Embedded PowerNet SNMP Agent SW v2.2 compatible)';

/** [OID, type, value]: every object that a look requests from a Smart-UPS. */
export function objectsOf(serial) {
  return [
    ['1.3.6.1.2.1.1.1.0', 'text', DESCRIPTION],
    ['1.3.6.1.2.1.1.2.0', 'oid', '1.3.6.1.4.1.318.1.3.27'],
    ['1.3.6.1.2.1.1.4.0', 'text', 'bench'],
    ['1.3.6.1.2.1.1.5.0', 'text', 'ups'],
    [`${P}.1.1.1.0`, 'text', 'Smart-UPS X 1500'],
    [`${P}.1.2.1.0`, 'text', 'UPS 09.8 (ID20)'],
    [`${P}.1.2.2.0`, 'text', '05/11/2021'],
    [`${P}.1.2.3.0`, 'text', serial],
    [`${P}.1.2.5.0`, 'text', 'SMX1500RM2U'],
    [`${P}.1.2.9.0`, 'integer', 1500],
    [`${P}.2.2.1.0`, 'gauge', 100],
    [`${P}.2.2.3.0`, 'ticks', 240000],
    [`${P}.4.1.1.0`, 'integer', 2],
    [`${P}.4.2.3.0`, 'gauge', 23],
    [`${P}.7.2.3.0`, 'integer', 1],
    [`${P}.7.2.6.0`, 'integer', 7],
    [`${P}.8.1.0`, 'integer', 1],
    [`${P}.11.1.1.0`, 'text', `0001010000000000001${'0'.repeat(45)}`],
  ];
}

/** A serial number of twelve characters, unique per address. */
export function serialOf(address) {
  return `AS${createHash('sha1').update(address).digest('hex').slice(0, 10).toUpperCase()}`;
}

/** Engine ID as hexadecimal in the form of APC cards, unique per address. */
export function engineOf(address) {
  return `8000013e03${createHash('sha1').update(address).digest('hex').slice(0, 12)}`;
}
