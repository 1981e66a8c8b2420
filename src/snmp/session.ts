import { randomBytes } from 'node:crypto';
import * as snmp from 'net-snmp';
import { Problem, printable, type SnmpAccess } from '../core/index.ts';
import type { SharedSocket } from './shared-socket.ts';
import type { SnmpAnswers, SnmpValue } from './values.ts';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/**
 * What became of a write. `refused`: an answer says that nothing was done. `uncertain`: the request left and no usable
 * answer came, so it may have been carried out.
 */
export type SetOutcome =
  | { readonly state: 'accepted' }
  | { readonly state: 'refused'; readonly problem: Problem }
  | { readonly state: 'uncertain'; readonly problem: Problem };

/** A short conversation with one agent, one request at a time. Engine times go back when a card restarts: never keep one. */
export interface SnmpSession {
  /** Reads scalars. Objects that the agent does not have are null. Throws Problem link/*. */
  get(oids: readonly string[]): Promise<SnmpAnswers>;
  /** Writes one integer, once. Never throws. */
  setInteger(oid: string, value: number): Promise<SetOutcome>;
  close(): void;
}

export interface SessionSetup {
  readonly access: SnmpAccess;
  readonly address: string;
  readonly endpoint: Endpoint;
  readonly transport: 'udp4' | 'udp6';
  readonly socket: SharedSocket;
  readonly timeoutMs: number;
  readonly retries: number;
}

/** Cards have small buffers: one said 2000 bytes at most, and sysDescr alone has 250. */
const MOST_OIDS_A_PACKET = 12;
/** A question this small is not what an agent is silent about: further halves would only ask a dead one more often. */
const LEAST_OIDS_AFTER_SILENCE = 3;
/** net-snmp keeps its own time; this is for an answer that it neither takes nor refuses. */
const DEADLINE_MARGIN_MS = 2000;

/** Of this process; a manager that asks never sends it. Where it is not given, each session makes one at a cost. */
const OWN_ENGINE_ID = `8000B98380${randomBytes(12).toString('hex')}`;

const AUTH = {
  md5: snmp.AuthProtocols.md5,
  sha: snmp.AuthProtocols.sha,
  sha224: snmp.AuthProtocols.sha224,
  sha256: snmp.AuthProtocols.sha256,
  sha384: snmp.AuthProtocols.sha384,
  sha512: snmp.AuthProtocols.sha512,
} as const;
const PRIV = {
  des: snmp.PrivProtocols.des,
  aes: snmp.PrivProtocols.aes,
  aes256b: snmp.PrivProtocols.aes256b,
  aes256r: snmp.PrivProtocols.aes256r,
} as const;

export function openSession(setup: SessionSetup): SnmpSession {
  const reader = connect(setup, setup.retries);
  // A repeated write might start an update twice, so writing has a session of its own that tries once.
  let writer: snmp.Session | null = null;
  const isV1 = setup.access.version === '1';
  let hasAnswered = false;
  return {
    async get(oids) {
      const answers = new Map<string, SnmpValue | null>();
      for (let start = 0; start < oids.length; start += MOST_OIDS_A_PACKET) {
        const group = oids.slice(start, start + MOST_OIDS_A_PACKET);
        await getGroup(reader, setup, group, { isV1, hasAnswered, answers });
        hasAnswered = true;
      }
      return answers;
    },
    async setInteger(oid, value) {
      writer ??= connect(setup, 0);
      return write(writer, setup, oid, value);
    },
    close() {
      reader.close();
      writer?.close();
    },
  };
}

function connect(setup: SessionSetup, retries: number): snmp.Session {
  const { access, address, endpoint, transport, socket, timeoutMs } = setup;
  const options = {
    port: endpoint.port,
    transport,
    timeout: timeoutMs,
    retries,
    reportOidMismatchErrors: true,
    // Real cards send negative engine times and counters (SNMP notes, section d).
    strictIntRangeChecks: false,
    dgramModule: socket.dgramModule,
    engineID: OWN_ENGINE_ID,
  };
  const session =
    access.version === '3'
      ? snmp.createV3Session(address, userOf(access), options)
      : snmp.createSession(address, access.community.reveal(), {
          ...options,
          version: access.version === '1' ? snmp.Version1 : snmp.Version2c,
        });
  // A malformed answer comes as an event; the request that waits for a good one has its deadline.
  session.on('error', () => undefined);
  return session;
}

function userOf(access: Extract<SnmpAccess, { version: '3' }>): snmp.User {
  const { user, auth, authKey, priv, privKey } = access;
  if (auth === null || authKey === null) return { name: user, level: snmp.SecurityLevel.noAuthNoPriv };
  const authenticated = { name: user, authProtocol: AUTH[auth], authKey: authKey.reveal() };
  if (priv === null || privKey === null) return { ...authenticated, level: snmp.SecurityLevel.authNoPriv };
  return {
    ...authenticated,
    level: snmp.SecurityLevel.authPriv,
    privProtocol: PRIV[priv],
    privKey: privKey.reveal(),
  };
}

type Attempt =
  | { readonly ok: true; readonly varbinds: readonly snmp.Varbind[] }
  | { readonly ok: false; readonly error: unknown };

/** What is known of the agent while a group is asked for, and where the answers go. */
interface Asking {
  readonly isV1: boolean;
  readonly hasAnswered: boolean;
  readonly answers: Map<string, SnmpValue | null>;
}

/** Asks for a group; halves it where the agent says it is too big or keeps silent. */
async function getGroup(
  session: snmp.Session,
  setup: SessionSetup,
  oids: readonly string[],
  given: Asking,
): Promise<void> {
  const { isV1, hasAnswered, answers } = given;
  let wanted = [...oids];
  while (wanted.length > 0) {
    const attempt = await request(session, setup, (done) => session.get(wanted, done));
    if (attempt.ok) {
      for (const [index, oid] of wanted.entries()) answers.set(oid, answerOf(attempt.varbinds[index], oid));
      return;
    }
    const { error } = attempt;
    if (isV1 && statusOf(error) === snmp.ErrorStatus.NoSuchName) {
      // Version 1 fails the whole request for one missing object and tells which.
      const missing = missingIndex(error, wanted);
      const [oid] = wanted.splice(missing, 1);
      if (oid !== undefined) answers.set(oid, null);
      continue;
    }
    const tooBig = statusOf(error) === snmp.ErrorStatus.TooBig && wanted.length > 1;
    // Silence of an agent that talks otherwise may be all that it has to say to a large question.
    const tooLong =
      isTimeOut(error) && (hasAnswered || answers.size > 0) && wanted.length > LEAST_OIDS_AFTER_SILENCE;
    if (tooBig || tooLong) {
      const half = Math.ceil(wanted.length / 2);
      await getGroup(session, setup, wanted.slice(0, half), given);
      wanted = wanted.slice(half);
      continue;
    }
    throw problemOf(error, setup);
  }
}

function missingIndex(error: unknown, wanted: readonly string[]): number {
  // net-snmp keeps the index to itself and puts the OID at the end of its message.
  const named = error instanceof Error ? /: ([\d.]+)$/.exec(error.message)?.[1] : undefined;
  const index = wanted.indexOf(named ?? '');
  // An agent that does not say which gets the last object dropped: the loop ends all the same.
  return index === -1 ? wanted.length - 1 : index;
}

/** The library's own class for this is missing from its types; its name is not. */
function isTimeOut(error: unknown): boolean {
  return error instanceof Error && (error === DEADLINE || error.name === 'RequestTimedOutError');
}

const DEADLINE = new Error('deadline');

function statusOf(error: unknown): number | null {
  return error instanceof snmp.RequestFailedError ? error.status : null;
}

function request(
  session: snmp.Session,
  setup: SessionSetup,
  send: (done: (error: Error | null, varbinds?: snmp.Varbind[]) => void) => void,
): Promise<Attempt> {
  return new Promise((resolve) => {
    const deadline = setTimeout(
      () => {
        resolve({ ok: false, error: DEADLINE });
        session.cancelRequests(DEADLINE);
      },
      setup.timeoutMs * (setup.retries + 1) * 2 + DEADLINE_MARGIN_MS,
    );
    const settle = (attempt: Attempt): void => {
      clearTimeout(deadline);
      resolve(attempt);
    };
    try {
      send((error, varbinds) =>
        settle(error ? { ok: false, error } : { ok: true, varbinds: varbinds ?? [] }),
      );
    } catch (error) {
      settle({ ok: false, error });
    }
  });
}

/** Errors that leave open whether the value was taken: general error, commit failed, undo failed. */
const MAYBE_DONE: readonly number[] = [5, 14, 15];

async function write(
  session: snmp.Session,
  setup: SessionSetup,
  oid: string,
  value: number,
): Promise<SetOutcome> {
  const attempt = await request(session, setup, (done) =>
    session.set([{ oid, type: snmp.ObjectType.Integer, value }], done),
  );
  if (attempt.ok) return { state: 'accepted' };
  const problem = problemOf(attempt.error, setup);
  const status = statusOf(attempt.error);
  const certain = (status !== null && !MAYBE_DONE.includes(status)) || problem.code === 'link/snmp-auth';
  return { state: certain ? 'refused' : 'uncertain', problem };
}

function answerOf(varbind: snmp.Varbind | undefined, oid: string): SnmpValue | null {
  if (varbind === undefined || varbind.oid !== oid || snmp.isVarbindError(varbind)) return null;
  const { value } = varbind;
  if (varbind.type === snmp.ObjectType['OBJECT IDENTIFIER'] && typeof value === 'string')
    return { kind: 'oid', oid: value };
  if (Buffer.isBuffer(value)) {
    return varbind.type === snmp.ObjectType.OctetString
      ? { kind: 'text', text: value.toString('latin1'), bytes: value }
      : { kind: 'other' };
  }
  if (typeof value === 'number') return { kind: 'number', number: value };
  return { kind: 'other' };
}

const ACCESS_HINT =
  'Check address and port, the community or user, and the access list of the card: a wrong one is silence, like a dead host.';

function problemOf(error: unknown, setup: SessionSetup): Problem {
  const where = `${setup.endpoint.host}:${setup.endpoint.port}`;
  if (isTimeOut(error)) {
    return new Problem('link/silent', `No SNMP answer from ${where}.`, {
      hint: ACCESS_HINT,
      transient: true,
      cause: error,
    });
  }
  if (error instanceof snmp.RequestFailedError) {
    const status = snmp.ErrorStatus[error.status] ?? String(error.status);
    return new Problem(
      'link/snmp',
      `The SNMP agent at ${where} answered with the error ${printable(status)}.`,
      {
        hint: 'For a write: check that the credential may write, and that nobody is logged in to the card.',
        cause: error,
      },
    );
  }
  const text = error instanceof Error ? printable(error.message) : 'unknown error';
  if (error instanceof snmp.ResponseInvalidError && isUserError(error)) {
    return new Problem('link/snmp-auth', `The SNMPv3 agent at ${where} does not accept the user: ${text}.`, {
      hint: 'Check user name, protocols and both pass phrases (15 to 32 characters on these cards).',
      cause: error,
    });
  }
  if (error instanceof Error && Reflect.get(error, 'code') === 'ERR_OSSL_EVP_UNSUPPORTED') {
    return new Problem(
      'link/snmp-auth',
      `This Node.js has no ${privOf(setup.access)} to speak SNMPv3 with ${where}.`,
      {
        hint: 'Use priv: aes for the user on the card and in the inventory, or start Node.js with --openssl-legacy-provider.',
        cause: error,
      },
    );
  }
  return new Problem('device/garbage', `The SNMP answer of ${where} cannot be understood: ${text}.`, {
    hint: 'Try again. If it stays so, something else than a card answers there.',
    transient: true,
    cause: error,
  });
}

function privOf(access: SnmpAccess): string {
  return access.version === '3' ? (access.priv ?? 'algorithm').toUpperCase() : 'algorithm';
}

function isUserError(error: Error): boolean {
  const code: unknown = Reflect.get(error, 'code');
  return code === snmp.ResponseInvalidCode.EAuthFailure || code === snmp.ResponseInvalidCode.ECouldNotDecrypt;
}
