import { type Clock, Problem, type SnmpAccess } from '../../core/index.ts';
import { type Agent, agentFor, type Reply } from './agent.ts';
import type { Pdu, Varbind } from './message.ts';
import { type Endpoint, problemOfEncoding, problemOfReply, STATUS } from './problems.ts';
import type { SharedSocket } from './shared-socket.ts';
import type { SnmpAnswers, SnmpValue } from './values.ts';

/**
 * What became of a write. `refused`: an answer says that nothing was done, or the write was never sent. `uncertain`: the request
 * left and no usable answer came, so it may have been carried out. `late`: it was not sent, because it was not wanted any more.
 */
export type SetOutcome =
  | { readonly state: 'accepted' }
  | { readonly state: 'late' }
  | { readonly state: 'refused'; readonly sent: boolean; readonly problem: Problem }
  | { readonly state: 'uncertain'; readonly problem: Problem };

/** A short conversation with one agent, one request at a time. Engine times go back when a card restarts: never keep one. */
export interface SnmpSession {
  /** Reads scalars. Objects that the agent does not have are null. Throws Problem link/* or device/garbage. */
  get(oids: readonly string[]): Promise<SnmpAnswers>;
  /**
   * Writes one integer: the write leaves the socket at most once, whatever comes back. `mayLeave` is asked right before that. Never
   * throws.
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

/** Cards have small buffers: one said 2000 bytes at most, and sysDescr alone has 250. */
const MAX_OIDS_PER_PACKET = 12;
/** A question this small is not what an agent is silent about: further halves would only ask a dead one more often. */
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

/** What is known of the agent while a group is asked for, and where the answers go. */
interface Asking {
  readonly hasAnswered: boolean;
  readonly answers: Map<string, SnmpValue | null>;
}

/** Asks for a group; halves it where the agent says it is too big or keeps silent. Each question leaves fewer objects to ask for. */
async function getGroup(
  agent: Agent,
  setup: SessionSetup,
  oids: readonly string[],
  given: Asking,
): Promise<void> {
  const { hasAnswered, answers } = given;
  let wanted = [...oids];
  while (wanted.length > 0) {
    const reply = await read(agent, setup, wanted);
    const pdu = reply.kind === 'response' ? reply.pdu : null;
    if (pdu?.errorStatus === 0 && areAbout(pdu.varbinds, wanted)) {
      for (const { oid, value } of pdu.varbinds) answers.set(oid, value);
      return;
    }
    if (setup.access.version === '1' && pdu?.errorStatus === STATUS.noSuchName) {
      // Version 1 fails the whole request for one missing object and tells which. Without that the last one is dropped.
      const said = pdu.errorIndex >= 1 && pdu.errorIndex <= wanted.length;
      const [missing] = wanted.splice(said ? pdu.errorIndex - 1 : wanted.length - 1, 1);
      if (missing !== undefined) answers.set(missing, null);
      continue;
    }
    const tooBig = pdu?.errorStatus === STATUS.tooBig && wanted.length > 1;
    // Silence of an agent that talks otherwise may be all that it has to say to a large question.
    const tooLong =
      reply.kind === 'silent' && (hasAnswered || answers.size > 0) && wanted.length > MIN_OIDS_TO_SPLIT;
    if (tooBig || tooLong) {
      const half = Math.ceil(wanted.length / 2);
      await getGroup(agent, setup, wanted.slice(0, half), given);
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

/** Whether an answer is about the objects that were asked for, each once and in this order (RFC 3416, section 4.2.1). */
function areAbout(varbinds: readonly Varbind[], oids: readonly string[]): boolean {
  return varbinds.length === oids.length && varbinds.every(({ oid }, index) => oid === oids[index]);
}

/** Errors that leave open whether the value was taken: general error, commit failed, undo failed. */
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

/** The read before a write failed, so the write was not sent. */
function notSent({ code, message, hint, transient, cause }: Problem): Problem {
  return new Problem(code, `The write was not sent, because the read before it failed. ${message}`, {
    hint,
    transient,
    cause,
  });
}

function isAccepted({ errorStatus, varbinds }: Pdu, oid: string): boolean {
  return errorStatus === 0 && areAbout(varbinds, [oid]);
}

/**
 * Whether an answer proves that nothing was written. An authentic report does: an engine reports in place of processing a message
 * (RFC 3412 section 7.2, RFC 3414 section 3.2, steps 3 to 8). One without authentication may come from anybody.
 */
function isRefused(reply: Reply): boolean {
  if (reply.kind === 'report') return reply.report.isAuthentic && reply.report.name !== 'unknown';
  if (reply.kind !== 'response') return false;
  const { errorStatus } = reply.pdu;
  return errorStatus > 0 && errorStatus <= STATUS.last && !MAYBE_DONE.includes(errorStatus);
}
