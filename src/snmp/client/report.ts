import type { Pdu } from './message.ts';

/** Why an engine did not process a message, by the counter in its report. `unknown`: another counter. */
export type ReportName = keyof typeof REPORTS | 'unknown';

export interface Report {
  readonly name: ReportName;
  /** Whether the key of the user proves it. Any other report may come from any host. */
  readonly isAuthentic: boolean;
}

/**
 * Counters that engines report (RFC 3414 section 5, RFC 3412 section 5, RFC 3413 section 4.1.2) and their
 * meaning.
 */
const REPORTS = {
  unsupportedSecLevels: {
    oid: '1.3.6.1.6.3.15.1.1.1',
    means: 'it does not offer this security level to the user',
    check: 'Compare auth: and priv: with the user profile of the card.',
  },
  notInTimeWindows: {
    oid: '1.3.6.1.6.3.15.1.1.2',
    means: 'the engine clock of the request is not its own',
    check: 'Try again. If it happens again, the engine clock of the card does not run: restart the card.',
  },
  unknownUserNames: {
    oid: '1.3.6.1.6.3.15.1.1.3',
    means: 'it does not know the user',
    check: 'Compare user: with the user profiles of the card.',
  },
  unknownEngineIDs: {
    oid: '1.3.6.1.6.3.15.1.1.4',
    means: 'its engine is not the one that answered first',
    check: 'Try again. If it happens again, two devices answer at this address.',
  },
  wrongDigests: {
    oid: '1.3.6.1.6.3.15.1.1.5',
    means: 'the authentication of the request is wrong',
    check:
      'Compare the authentication protocol and the authentication key with the user profile of the card.',
  },
  decryptionErrors: {
    oid: '1.3.6.1.6.3.15.1.1.6',
    means: 'it cannot decrypt the request',
    check: 'Compare the privacy protocol and the privacy key with the user profile of the card.',
  },
  unknownSecurityModels: {
    oid: '1.3.6.1.6.3.11.2.1.1',
    means: 'it does not know the user-based security model',
    check: 'Check whether the device at this address is a card.',
  },
  invalidMsgs: {
    oid: '1.3.6.1.6.3.11.2.1.2',
    means: 'it calls the request invalid',
    check: 'Check whether the device at this address is a card.',
  },
  unknownPDUHandlers: {
    oid: '1.3.6.1.6.3.11.2.1.3',
    means: 'it accepts no requests for this engine',
    check: 'Check whether the device at this address is a card.',
  },
  unavailableContexts: {
    oid: '1.3.6.1.6.3.12.1.4',
    means: 'its default context is not available',
    check: 'Try again. If it happens again, restart the card.',
  },
  unknownContexts: {
    oid: '1.3.6.1.6.3.12.1.5',
    means: 'it has no default context',
    check: 'Check whether the device at this address is a card.',
  },
} as const;

/** Reads a report PDU. */
export function reportOf(pdu: Pdu, isAuthentic: boolean): Report {
  const oid = pdu.varbinds[0]?.oid.replace(/\.0$/, '');
  return { name: NAMES.get(oid ?? '') ?? 'unknown', isAuthentic };
}

const NAMES: ReadonlyMap<string, ReportName> = new Map(
  Object.entries(REPORTS).flatMap(([name, { oid }]) => (isName(name) ? [[oid, name] as const] : [])),
);

function isName(name: string): name is keyof typeof REPORTS {
  return Object.hasOwn(REPORTS, name);
}

/** The meaning of a report, and what to check next. */
export function explainReport({ name }: Report): { readonly means: string; readonly check: string } {
  if (name === 'unknown')
    return {
      means: 'it sends an unknown report',
      check: 'Check the user profile and the access list of the card.',
    };
  return REPORTS[name];
}
