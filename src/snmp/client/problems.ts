import {
  hasCode,
  joinList,
  Problem,
  type Secret,
  type SnmpAccess,
  sanitize,
  serviceName,
} from '../../core/index.ts';
import type { Reply } from './agent.ts';
import { describeDrops } from './drops.ts';
import { explainReport } from './report.ts';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** `SNMPv3 user "audit" (authKey env:UPS_AUTH, privKey env:UPS_PRIV)`: a credential without its secrets. */
export function credentialName(access: SnmpAccess): string {
  const from = (secret: Secret): string => sanitize(secret.reference ?? 'of the inventory', 120);
  if (access.version !== '3') return `SNMPv${access.version} community ${from(access.community)}`;
  const { user, auth, authKey, priv, privKey } = access;
  const keys = [
    ...(auth === null || authKey === null ? [] : [`${auth} authKey ${from(authKey)}`]),
    ...(priv === null || privKey === null ? [] : [`${priv} privKey ${from(privKey)}`]),
  ];
  return `SNMPv3 user "${sanitize(user, 64)}" (${keys.length === 0 ? 'no keys' : keys.join(', ')})`;
}

/** What to check if an agent does not answer a credential, for its SNMP version. */
export function credentialHint(access: SnmpAccess): string {
  return access.version === '3'
    ? 'Check the user name, the protocols and both pass phrases (15 to 32 characters on these cards), and the SNMPv3 access list of the card.'
    : 'Check the community, whether the card takes SNMPv1 and v2c at all, and the access list of the card.';
}

/**
 * A card is silent to the versions that are not enabled on it.
 * Source: docs/sources/snmp.md#agent-behaviour
 */
const VERSION_HINTS: Readonly<Record<SnmpAccess['version'], string>> = {
  '1': 'It may have SNMPv1 disabled: then try version: "3".',
  '2c': 'It may not take SNMPv2c: an old card takes only SNMPv1 (try version: "1"), another only SNMPv3 (version: "3").',
  '3': 'It may have SNMPv3 disabled: then try version: "1".',
};

/** For an agent that answers, but not this credential. */
export function wrongCredential(endpoint: Endpoint, access: SnmpAccess): Problem {
  return new Problem(
    'link/snmp-auth',
    `An SNMPv3 agent answers at ${serviceName(endpoint)}, but not the ${credentialName(access)}.`,
    { hint: credentialHint(access) },
  );
}

/** Why nothing was read. For a response: it has an error, or answers for other objects than requested. */
export function problemOfReply(reply: Reply, endpoint: Endpoint, access: SnmpAccess): Problem {
  const where = serviceName(endpoint);
  switch (reply.kind) {
    case 'response':
      return reply.pdu.errorStatus > 0
        ? errorStatus(reply.pdu.errorStatus, where)
        : garbage(where, 'It answered for other objects than requested.');
    case 'report': {
      const { means, check } = explainReport(reply.report);
      const proof = reply.report.isAuthentic ? '' : ' The report is not authenticated.';
      return new Problem(
        'link/snmp-auth',
        `The SNMPv3 agent at ${where} does not accept the ${credentialName(access)}: ${means} (${reply.report.name}).${proof}`,
        { hint: check },
      );
    }
    case 'unsent':
      return unsent(reply.error, where);
    case 'silent': {
      const came = describeDrops(reply.drops);
      if (reply.elsewhere.size > 0) return answeredElsewhere(where, access, [...reply.elsewhere], came);
      if (came !== null) return garbage(where, `It sent ${came}. Nothing of that was used.`);
      return new Problem('link/silent', `No SNMP answer from ${where} to the ${credentialName(access)}.`, {
        hint: `Check address and port. ${credentialHint(access)} ${VERSION_HINTS[access.version]} A wrong credential gets no answer, like a dead host.`,
      });
    }
  }
}

/** `came`: what the address itself sent, if anything. */
function answeredElsewhere(
  where: string,
  access: SnmpAccess,
  elsewhere: readonly string[],
  came: string | null,
): Problem {
  const also = came === null ? '' : ` ${where} itself sent ${came}.`;
  return new Problem(
    came === null ? 'link/silent' : 'device/garbage',
    `An answer to the ${credentialName(access)} came from ${joinList(elsewhere)} instead of ${where}. It was not used.${also}`,
    {
      hint: 'The card may have several addresses, or be behind address translation (NAT). Make sure that this is the card, then enter the address and port that answered in the inventory.',
      cause: new ElsewhereError(),
    },
  );
}

/** Marks the problem of an answer from another address or port. */
class ElsewhereError extends Error {
  override readonly name = 'ElsewhereError';
}

/** Whether the problem names another address or port from which an answer came. */
export function isAnsweredElsewhere(problem: Problem | null): boolean {
  return problem?.cause instanceof ElsewhereError;
}

function garbage(where: string, what: string): Problem {
  return new Problem('device/garbage', `The SNMP answer of ${where} cannot be used. ${what}`, {
    hint: 'Try again. If it happens again, another device answers there, or a host forges its answers.',
  });
}

/** Names of error states by RFC 3416, section 3. */
const STATUS_NAMES = [
  'NoError',
  'TooBig',
  'NoSuchName',
  'BadValue',
  'ReadOnly',
  'GeneralError',
  'NoAccess',
  'WrongType',
  'WrongLength',
  'WrongEncoding',
  'WrongValue',
  'NoCreation',
  'InconsistentValue',
  'ResourceUnavailable',
  'CommitFailed',
  'UndoFailed',
  'AuthorizationError',
  'NotWritable',
  'InconsistentName',
] as const;
export const STATUS = { tooBig: 1, noSuchName: 2, last: STATUS_NAMES.length - 1 } as const;

function errorStatus(status: number, where: string): Problem {
  return new Problem(
    'link/snmp',
    `The SNMP agent at ${where} answered with the error ${STATUS_NAMES[status] ?? `number ${status}`}.`,
    { hint: 'For a write: check that the credential may write, and that nobody is logged in to the card.' },
  );
}

function unsent(error: unknown, where: string): Problem {
  const text = error instanceof Error ? sanitize(error.message) : 'unknown error';
  return new Problem('link/unreachable', `The SNMP request to ${where} could not be sent: ${text}.`, {
    hint: 'Check its address, and the route and firewall of this machine.',
    cause: error,
  });
}

/** For an error while a request was encoded: it was not sent. */
export function problemOfEncoding(thrown: unknown, endpoint: Endpoint, access: SnmpAccess): Problem {
  const where = serviceName(endpoint);
  if (hasCode(thrown, 'ERR_OSSL_EVP_UNSUPPORTED')) {
    const cipher = access.version === '3' ? (access.priv ?? 'algorithm').toUpperCase() : 'algorithm';
    return new Problem('link/snmp-auth', `This Node.js has no ${cipher} for SNMPv3 with ${where}.`, {
      hint: 'Use priv: aes for the user on the card and in the inventory, or start Node.js with --openssl-legacy-provider.',
      cause: thrown,
    });
  }
  const text = thrown instanceof Error ? sanitize(thrown.message) : 'unknown error';
  return new Problem(
    'device/garbage',
    `The SNMP request for the agent at ${where} cannot be encoded: ${text}.`,
    {
      hint: 'Try again. If it happens again, the agent reports an invalid engine clock.',
      cause: thrown,
    },
  );
}
