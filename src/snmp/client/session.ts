import { type Clock, Problem, type SnmpAccess } from '../../core/index.ts';
import { type Agent, agentFor, type Reply } from './agent.ts';
import type { Pdu, Varbind } from './message.ts';
import { type Endpoint, problemOfEncoding, problemOfReply, STATUS } from './problems.ts';
import type { SharedSocket } from './shared-socket.ts';
import type { SnmpAnswers, SnmpValue } from './values.ts';

/**
 * Result of a write. `refused`: an answer proves that nothing was done, or the write was not sent.
 * `uncertain`: it was sent and no usable answer came, so it may have been executed. `late`: it was not sent,
 * because it was no longer wanted.
 */
export type SetOutcome =
  | { readonly state: 'accepted' }
  | { readonly state: 'late' }
  | { readonly state: 'refused'; readonly sent: boolean; readonly problem: Problem }
  | { readonly state: 'uncertain'; readonly problem: Problem };

/**
 * A short session with one agent, one request at a time. Keep none: engine times go back when a card
 * restarts.
 */
export interface SnmpSession {
  /** Reads scalars. Missing objects are null. Throws Problem link/* or device/garbage. */
  get(oids: readonly string[]): Promise<SnmpAnswers>;
  /**
   * Writes one integer. The write is sent at most once, whatever comes back. `mayLeave` is called right
   * before. Never throws.
   */
  setInteger(oid: string, value: number, mayLeave?: () => boolean): Promise<SetOutcome>;
  close(): void;
}

export interface SessionSetup {
  readonly access: SnmpAccess;
  readonly address: string;
  readonly endpoint: Endpoint;
  readonly socket: SharedSocket;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly retries: number;
}

/** Cards have small buffers: one reported at most 2000 bytes, and sysDescr alone has 250. */
const MAX_OIDS_PER_PACKET = 12;
/** Do not split further: this fits any agent's buffer, so silence means that the host is down. */
const MIN_OIDS_TO_SPLIT = 3;

export function openSession(setup: SessionSetup): SnmpSession {
  const { access, address, endpoint, socket, clock, timeoutMs, retries } = setup;
  const { port } = endpoint;
  const agent = agentFor({ access, address, port, socket, clock, timeoutMs, retries });
  socket.join(address, port);
  let isOpen = true;
  let hasAnswered = false;
  return {
    async get(oids) {
      const answers = new Map<string, SnmpValue | null>();
      for (let start = 0; start < oids.length; start += MAX_OIDS_PER_PACKET) {
        const group = oids.slice(start, start + MAX_OIDS_PER_PACKET);
        await getGroup(agent, setup, group, { hasAnswered, answers });
        hasAnswered = true;
      }
      return answers;
    },
    setInteger: (oid, value, mayLeave = () => true) => write(agent, setup, oid, value, mayLeave),
    close() {
      if (isOpen) socket.leave(address, port);
      isOpen = false;
    },
  };
}

/** State while a group is read, and the answers so far. */
interface GroupState {
  readonly hasAnswered: boolean;
  readonly answers: Map<string, SnmpValue | null>;
}

/**
 * Reads a group of objects; splits it if the agent reports tooBig or is silent. Each question has fewer
 * objects.
 */
async function getGroup(
  agent: Agent,
  setup: SessionSetup,
  oids: readonly string[],
  state: GroupState,
): Promise<void> {
  const { hasAnswered, answers } = state;
  let wanted = [...oids];
  while (wanted.length > 0) {
    const reply = await read(agent, setup, wanted);
    const pdu = reply.kind === 'response' ? reply.pdu : null;
    if (pdu?.errorStatus === 0 && areFor(pdu.varbinds, wanted)) {
      for (const { oid, value } of pdu.varbinds) answers.set(oid, value);
      return;
    }
    if (setup.access.version === '1' && pdu?.errorStatus === STATUS.noSuchName) {
      // SNMPv1 fails the whole request for one missing object and gives its index. Without an index the last
      // one is dropped.
      const isIndexed = pdu.errorIndex >= 1 && pdu.errorIndex <= wanted.length;
      const [missing] = wanted.splice(isIndexed ? pdu.errorIndex - 1 : wanted.length - 1, 1);
      if (missing !== undefined) answers.set(missing, null);
      continue;
    }
    const tooBig = pdu?.errorStatus === STATUS.tooBig && wanted.length > 1;
    // An agent that answered before may be silent only because the question is too large.
    const tooLong =
      reply.kind === 'silent' && (hasAnswered || answers.size > 0) && wanted.length > MIN_OIDS_TO_SPLIT;
    if (tooBig || tooLong) {
      const half = Math.ceil(wanted.length / 2);
      await getGroup(agent, setup, wanted.slice(0, half), state);
      wanted = wanted.slice(half);
      continue;
    }
    throw problemOfReply(reply, setup.endpoint, setup.access);
  }
}

async function read(agent: Agent, setup: SessionSetup, oids: readonly string[]): Promise<Reply> {
  try {
    return await agent.get(oids);
  } catch (thrown) {
    throw problemOfEncoding(thrown, setup.endpoint, setup.access);
  }
}

/** Whether an answer has exactly the requested objects, each once and in order (RFC 3416, section 4.2.1). */
function areFor(varbinds: readonly Varbind[], oids: readonly string[]): boolean {
  return varbinds.length === oids.length && varbinds.every(({ oid }, index) => oid === oids[index]);
}

/** Errors after which the value may have been written: general error, commit failed, undo failed. */
const MAYBE_DONE: readonly number[] = [5, 14, 15];

async function write(
  agent: Agent,
  setup: SessionSetup,
  oid: string,
  value: number,
  mayLeave: () => boolean,
): Promise<SetOutcome> {
  const { endpoint, access } = setup;
  try {
    const reply = await agent.set(oid, value, mayLeave);
    if (reply.kind === 'late') return { state: 'late' };
    if (reply.kind === 'withheld')
      return {
        state: 'refused',
        sent: false,
        problem: notSent(problemOfReply(reply.reply, endpoint, access)),
      };
    if (reply.kind === 'response' && isAccepted(reply.pdu, oid)) return { state: 'accepted' };
    const problem = problemOfReply(reply, endpoint, access);
    return isRefused(reply) ? { state: 'refused', sent: true, problem } : { state: 'uncertain', problem };
  } catch (thrown) {
    // The library throws before anything is sent.
    return { state: 'refused', sent: false, problem: problemOfEncoding(thrown, endpoint, access) };
  }
}

/** The read before the write failed, so the write was not sent. */
function notSent({ code, message, hint, cause }: Problem): Problem {
  return new Problem(code, `The write was not sent, because the read before it failed. ${message}`, {
    hint,
    cause,
  });
}

function isAccepted({ errorStatus, varbinds }: Pdu, oid: string): boolean {
  return errorStatus === 0 && areFor(varbinds, [oid]);
}

/**
 * Whether an answer proves that nothing was written. An authentic report does, because an engine reports
 * instead of processing a message (RFC 3412 section 7.2, RFC 3414 section 3.2, steps 3 to 8). Others may come
 * from any host.
 */
function isRefused(reply: Reply): boolean {
  if (reply.kind === 'report') return reply.report.isAuthentic && reply.report.name !== 'unknown';
  if (reply.kind !== 'response') return false;
  const { errorStatus } = reply.pdu;
  return errorStatus > 0 && errorStatus <= STATUS.last && !MAYBE_DONE.includes(errorStatus);
}
