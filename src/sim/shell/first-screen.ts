import type { SimulatedDevice } from '../device/device.ts';
import { cardDate, cardTime } from '../device/event-log.ts';
import { uptime } from './card.ts';

const RULE = '-'.repeat(79);
/** Where the right half of a line starts. */
const HALF = 40;
/** Where date, time, user and state start. */
const FACTS = 54;
const LABEL = 19;

/**
 * The first screen: versions, name and state of the services, laid out as on a card.
 * Source: docs/sources/card.md#first-screen
 */
export function firstScreen(device: SimulatedDevice): string[] {
  const { card, persona } = device;
  const nmc3 = persona.generation === 'nmc3';
  const app =
    card.appName === null
      ? ''
      : version(nmc3 ? 'Smart-UPS APP' : 'Smart-UPS & Matrix-UPS APP', card.appVersion);
  const fact = (label: string, value: string, right: string): string =>
    `${label.padEnd(10)}: ${value.slice(0, FACTS - 14)}`.padEnd(FACTS) + right;
  return [
    '',
    `${'Simulated card'.padEnd(HALF)}${version('Network Management Card AOS', card.osVersion)}`,
    `${'Nothing of it is real'.padEnd(HALF)}${app}`.trimEnd(),
    RULE,
    fact('Name', device.name, `Date : ${cardDate(device.now())}`),
    fact('Contact', 'upsfw simulated unit', `Time : ${cardTime(device.now())}`),
    fact('Location', 'Unknown', 'User : Super User'),
    fact('Up Time', uptime(device), `Stat : P+ N4+ N6+ ${card.appState}`),
    RULE,
    ...(persona.listing === '5' ? [] : services(device, nmc3)),
    '',
    'Type ? for command listing',
    'Use tcpip command for IP address(-i), subnet(-s), and gateway(-g)',
  ];
}

function version(what: string, release: string): string {
  return `${what.padEnd(33)}${release}`;
}

/** Releases before 6 print no services. */
function services(device: SimulatedDevice, nmc3: boolean): string[] {
  const { ssh, snmp, telnet, http, https } = device.persona;
  const state = (label: string, on: boolean): string =>
    `${label.padEnd(LABEL)}: ${on ? 'Enabled' : 'Disabled'}`;
  const pair = (left: string, right: string): string => `${left.padEnd(HALF)}${right}`;
  return [
    pair(state('IPv4', true), state('IPv6', true)),
    state('Ping Response', true),
    RULE,
    pair(state('HTTP', http !== 'off'), state('HTTPS', https)),
    pair(state('FTP', device.card.ftpOn), state('Telnet', telnet)),
    pair(state('SSH/SCP', ssh !== 'none'), state('SNMPv1', snmp !== 'v3')),
    state('SNMPv3', snmp === 'v3'),
    ...(nmc3 ? [pair(state('Modbus TCP', false), state('BACnet/IP', false))] : []),
    RULE,
    pair(state('Super User', true), state('RADIUS', false)),
    pair(state('Administrator', false), state('Device User', false)),
    pair(state('Read-Only User', false), state('Network-Only User', false)),
    '',
  ];
}
