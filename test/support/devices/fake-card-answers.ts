import type { FakeObject } from './fake-agent.ts';

/**
 * Answers of a fake card, after the public sources about real ones.
 * Sources: docs/sources/card.md#command-output,
 * docs/sources/card.md#firmware-of-the-card,
 * docs/sources/snmp.md#versions-of-the-card
 */

export const CARD_SERIAL = 'ZA1246002369';
export const UPS_SERIAL = 'AS1234567890';

export interface CardState {
  readonly platform: string;
  readonly boot: string;
  readonly os: string;
  readonly app: string;
  readonly appName: string;
  /** Serial number of the UPS behind it. */
  readonly upsSerial: string;
  /**
   * Whether it has an application, and one that matches its operating system and so has a link to the UPS.
   */
  readonly hasApp: boolean;
  readonly fits: boolean;
  readonly starting: boolean;
  /** The last file that it received was damaged. */
  readonly corrupt: boolean;
}

const P = '1.3.6.1.4.1.318.1.1.1';
const FLAGS = `0001010000000000001${'0'.repeat(45)}`;

export function shellAnswer(card: CardState, command: string): readonly string[] {
  const app = card.hasApp ? ['Application Module', `Name: ${card.appName}`, `Version: v${card.app}`, ''] : [];
  const boot = card.platform === 'hw21' ? 'boot' : 'bootmon';
  switch (command) {
    case 'about':
      return [
        'E000: Success',
        'Hardware Factory',
        `Model Number: \t\tAP9630`,
        `Serial Number: \t\t${CARD_SERIAL}`,
        '',
        ...app,
        'APC OS(AOS)',
        'Name: aos',
        `Version: v${card.os}`,
        '',
        'APC Boot Monitor',
        `Name: ${boot}`,
        `Version: v${card.boot}`,
      ];
    case 'system':
      return ['E000: Success', `Stat: P+ N4+ N6+ ${card.starting ? 'A?' : card.fits ? 'A+' : 'A!'}`];
    case 'upsabout':
      if (!card.hasApp) return ['E101: Command Not Found'];
      if (!card.fits || card.starting) return ['E107: Serial communication with the UPS has been lost'];
      return [
        'E000: Success',
        'Model: Smart-UPS 1500',
        `Serial Number: ${card.upsSerial}`,
        'Firmware Revision: UPS 09.4 (ID18)',
      ];
    case 'detstatus -ss':
      return ['E000: Success', 'Status of UPS: On Line, No Alarms Present'];
    case 'xferStatus':
      return ['E000: Success', `Result of last file transfer: ${card.corrupt ? 'File corrupt' : 'OK'}`];
    default:
      return ['E101: Command Not Found'];
  }
}

/** Without its application the agent has a short sysDescr and no UPS objects. */
export function objectsOf(card: CardState): readonly FakeObject[] {
  const { platform } = card;
  const digits = (version: string): string => (platform === 'hw21' ? version : version.replaceAll('.', ''));
  const file = (name: string, version: string): string => `apc_${platform}_${name}_${digits(version)}.bin`;
  const table = '1.3.6.1.4.1.318.1.4.2';
  const own = [
    [`${table}.2.2.1.3.1`, 'text', CARD_SERIAL],
    [`${table}.4.1.3.1`, 'text', file('aos', card.os)],
    [`${table}.4.1.4.1`, 'text', `v${card.os}`],
    [`${table}.4.1.4.3`, 'text', `v${card.boot}`],
    ['1.3.6.1.2.1.1.4.0', 'text', 'somebody'],
  ] as const;
  if (!card.hasApp)
    return [
      ...own,
      ['1.3.6.1.2.1.1.1.0', 'text', 'APC SNMP Agent'],
      ['1.3.6.1.2.1.1.2.0', 'oid', '1.3.6.1.4.1.318'],
    ];
  const bracket = `PF:v${card.os} PN:${file('aos', card.os)} AF1:v${card.app} AN1:${file(card.appName, card.app)} MN:AP9630 HR:05 SN: ${CARD_SERIAL}`;
  return [
    ...own,
    ['1.3.6.1.2.1.1.1.0', 'text', `APC Web/SNMP Management Card (MB:v4.1.0 ${bracket} MD:11/05/2012)`],
    ['1.3.6.1.2.1.1.2.0', 'oid', '1.3.6.1.4.1.318.1.3.27'],
    [`${P}.1.1.1.0`, 'text', 'Smart-UPS 1500'],
    [`${P}.1.2.1.0`, 'text', 'UPS 09.4 (ID18)'],
    [`${P}.1.2.3.0`, 'text', card.upsSerial],
    [`${P}.2.2.1.0`, 'number', 100],
    [`${P}.4.1.1.0`, 'number', 2],
    [`${P}.8.1.0`, 'number', card.fits ? 1 : 2],
    [`${P}.11.1.1.0`, 'text', FLAGS],
  ];
}
