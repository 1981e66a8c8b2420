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
  UNKNOWN_NAME: 'A name of the range has no address.',
  NOT_SENT: 'Nothing can be sent to some addresses: there is no route, or it is not allowed.',
  FOREIGN_ANSWER: 'Answers came from addresses that were not asked, and were thrown away.',
  NOT_READ: 'Something answered, and then could not be read.',
  CREDENTIAL_REFUSED: 'An SNMPv3 agent answers, and accepts none of the users.',
  PARTLY_READ: 'Who the unit is was read, how it stands was not.',
  NO_SERIAL: 'The unit gives no serial number that tells it from others; an upgrade refuses it.',
  SHARED_SERIAL: 'One serial number was seen at several addresses; an upgrade refuses them.',
  SECOND_ADDRESS: 'One card answers at several addresses.',
  NO_CARD:
    'A unit is seen, and no card that is known: a program on a computer often; nothing is upgraded through it.',
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
