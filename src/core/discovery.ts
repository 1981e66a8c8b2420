import type { Look } from './look.ts';

/** A device that answered during a sweep. */
export interface DiscoveredDevice {
  /** The address, or the name that was looked up. */
  readonly host: string;
  readonly look: Look;
  /** Index of the credential that the device accepted; null if it accepted none. */
  readonly credential: number | null;
}

/** Every finding code of `discover`. `docs/codes.md` holds the same list, and a test compares the two. */
export const DISCOVERY_CODES = {
  UNKNOWN_NAME: 'A host name in the range has no address.',
  NOT_SENT: 'Some addresses cannot be reached: there is no route, or it is not permitted.',
  FOREIGN_ANSWER: 'Answers came from an address that was not asked, and were discarded.',
  OTHER_PORT: 'A device answered from another port than the one asked. The answer was discarded.',
  ANSWERS_LOST: 'Many devices answered only in the last pass: packets were lost, and devices may be missing.',
  NO_ANSWER: 'No address answered.',
  UNIT_SILENT: 'A unit of the given inventory did not answer.',
  NOT_READ: 'A device answered, but could not be read.',
  CREDENTIAL_REFUSED: 'An SNMPv3 agent answers, but accepts none of the users.',
  PARTLY_READ: 'The identity of the unit was read, its condition was not.',
  LOST_UPS: 'A card of a Smart-UPS answers, but it has lost its UPS.',
  SIGNS_CONTRADICT: 'Some signs of a device are those of another kind of device.',
  NO_SERIAL: 'The unit has no unique serial number; an upgrade refuses it.',
  SHARED_SERIAL: 'Several addresses report the same serial number; an upgrade refuses them.',
  SECOND_ADDRESS: 'One card answers at several addresses.',
  NO_CARD:
    'A unit answers without a known card, often through a program on a computer. It cannot be upgraded that way.',
  NO_APPLICATION: 'A card answers without its application; a Smart-UPS may be behind it.',
} as const;

export type DiscoveryCode = keyof typeof DISCOVERY_CODES;

/** A finding of a sweep, for the operator. Printable text. */
export interface DiscoveryFinding {
  readonly code: DiscoveryCode;
  readonly because: string;
  readonly remedy: string;
  /** The addresses concerned; bounded. */
  readonly hosts: readonly string[];
}
