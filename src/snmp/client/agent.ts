import type { Clock, SnmpAccess } from '../../core/index.ts';
import type { Drop } from './drops.ts';
import { createEncoder, type Packet, userOf } from './encoder.ts';
import type { Pdu, SecuredMessage, SnmpMessage } from './message.ts';
import { type Report, reportOf } from './report.ts';
import type { QuestionResult, Reading, SharedSocket } from './shared-socket.ts';
import { Engine, unseal } from './usm.ts';

/** How a question to an agent ended. */
export type Reply =
  | { readonly kind: 'response'; readonly pdu: Pdu }
  | { readonly kind: 'report'; readonly report: Report }
  | { readonly kind: 'silent'; readonly drops: ReadonlySet<Drop>; readonly elsewhere: ReadonlySet<string> }
  | { readonly kind: 'unsent'; readonly error: unknown };

/**
 * How a write ended. `withheld`: it was not sent, because the read before it failed. `late`: it was not sent,
 * because the caller no longer wanted it.
 */
export type WriteReply =
  | Reply
  | { readonly kind: 'withheld'; readonly reply: Reply }
  | { readonly kind: 'late' };

/**
 * Asks one agent with one credential. Throws errors of the system's crypto library; nothing was sent then.
 */
export interface Agent {
  get(oids: readonly string[]): Promise<Reply>;
  /** Sends the write once, whatever comes back. `mayLeave` is called right before. */
  set(oid: string, value: number, mayLeave: () => boolean): Promise<WriteReply>;
}

export interface AgentSetup {
  readonly access: SnmpAccess;
  readonly address: string;
  readonly port: number;
  readonly socket: SharedSocket;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly retries: number;
}

export function agentFor(setup: AgentSetup): Agent {
  return setup.access.version === '3'
    ? securedAgent(setup, setup.access)
    : communityAgent(setup, setup.access);
}

type Community = Extract<SnmpAccess, { version: '1' | '2c' }>;
type Secured = Extract<SnmpAccess, { version: '3' }>;

/** An agent of SNMPv1 or v2c: an answer with the community and the request ID is accepted. */
function communityAgent(setup: AgentSetup, access: Community): Agent {
  const encoder = createEncoder(access);
  const community = Buffer.from(access.community.reveal());
  const read = (message: SnmpMessage): Reading<Pdu> =>
    message.version !== '3' && message.community.equals(community)
      ? { answer: message.pdu }
      : { drop: 'community' };
  const ask = async (packet: Packet, tries: number): Promise<Reply> => {
    const ended = await send(setup, packet, tries, read);
    return ended.state === 'answered' ? { kind: 'response', pdu: ended.answer } : replyOf(ended);
  };
  return {
    get: (oids) => ask(encoder.get(oids), setup.retries + 1),
    set: async (oid, value, mayLeave) => (mayLeave() ? ask(encoder.set(oid, value), 1) : { kind: 'late' }),
  };
}

/** An accepted message for a question of SNMPv3. */
type SecuredAnswer =
  | { readonly kind: 'response'; readonly pdu: Pdu }
  | { readonly kind: 'report'; readonly report: Report; readonly message: SecuredMessage };

/**
 * An agent of SNMPv3. A read takes at most three questions: one for the engine, the read, and the read again
 * if the clock of the engine has changed. A write comes after an answered read, so that it need not be sent
 * again.
 */
function securedAgent(setup: AgentSetup, access: Secured): Agent {
  const encoder = createEncoder(access);
  const user = userOf(access);
  let engine: Engine | null = null;
  let isConfirmed = false;

  const discover = async (): Promise<Engine | Reply> => {
    const ended = await send(setup, encoder.discovery(), setup.retries + 1, readDiscovery(setup.clock));
    return ended.state === 'answered' ? ended.answer : replyOf(ended);
  };

  const readFor =
    (to: Engine, packet: Packet, isOver: (report: Report) => boolean) =>
    (message: SnmpMessage): Reading<SecuredAnswer> => {
      if (message.version !== '3') return { drop: 'version' };
      const unsealed = unseal(message, user, to);
      if ('drop' in unsealed) return unsealed;
      const { pdu, isAuthentic } = unsealed;
      if (pdu.type === 'response')
        return pdu.requestId === packet.requestId ? { answer: { kind: 'response', pdu } } : { drop: 'id' };
      const report = reportOf(pdu, isAuthentic);
      return isOver(report) ? { answer: { kind: 'report', report, message } } : { drop: 'report' };
    };

  /** Every report ends a read. An unauthenticated one proves nothing, so it only makes the read fail. */
  const askOnce = (to: Engine, oids: readonly string[]): Promise<QuestionResult<SecuredAnswer>> => {
    const packet = encoder.get(oids, to.now());
    const read = readFor(to, packet, () => true);
    return send(setup, packet, setup.retries + 1, read);
  };

  /** Asks, and asks once more if the report says that only the clock was wrong. */
  const askInTime = async (to: Engine, oids: readonly string[]): Promise<QuestionResult<SecuredAnswer>> => {
    const first = await askOnce(to, oids);
    if (first.state !== 'answered' || first.answer.kind === 'response') return first;
    const { report, message } = first.answer;
    if (report.name !== 'notInTimeWindows') return first;
    // An authentic report has set the clock already.
    if (!report.isAuthentic && message.engineId.equals(to.id)) to.hint(message.boots, message.time);
    return askOnce(to, oids);
  };

  const get = async (oids: readonly string[]): Promise<Reply> => {
    if (engine === null) {
      const found = await discover();
      if (!(found instanceof Engine)) return found;
      engine = found;
    }
    const reply = replyTo(await askInTime(engine, oids));
    if (reply.kind === 'response') isConfirmed = true;
    // An unconfirmed engine ID may come from another host, so the next read asks for it again.
    else if (!isConfirmed) engine = null;
    return reply;
  };

  return {
    get,
    async set(oid, value, mayLeave) {
      const before = await get([oid]);
      if (before.kind !== 'response' || engine === null) return { kind: 'withheld', reply: before };
      if (!mayLeave()) return { kind: 'late' };
      const packet = encoder.set(oid, value, engine.now());
      const hints: Report[] = [];
      // Only an authentic report proves that the write was not processed. After another one the answer may
      // still come.
      const read = readFor(engine, packet, (report) => {
        if (!report.isAuthentic) hints.push(report);
        return report.isAuthentic;
      });
      const reply = replyTo(await send(setup, packet, 1, read));
      const [hint] = hints;
      return reply.kind === 'silent' && hint !== undefined ? { kind: 'report', report: hint } : reply;
    },
  };
}

function replyTo(ended: QuestionResult<SecuredAnswer>): Reply {
  return ended.state === 'answered' ? ended.answer : replyOf(ended);
}

/** RFC 3411 section 5: an engine ID has at least five octets. */
const MIN_ENGINE_ID = 5;

/**
 * Reads the answer to a question for the engine: an unauthenticated report, since no key is agreed before it.
 */
function readDiscovery(clock: Clock): (message: SnmpMessage) => Reading<Engine> {
  return (message) => {
    if (message.version !== '3') return { drop: 'version' };
    if (message.isAuthenticated || !('pdu' in message.scoped)) return { drop: 'level' };
    if (message.scoped.pdu.type !== 'report') return { drop: 'malformed' };
    if (message.engineId.length < MIN_ENGINE_ID) return { drop: 'engine' };
    return { answer: new Engine(message, clock) };
  };
}

function send<T>(
  { socket, address, port, access, timeoutMs }: AgentSetup,
  packet: Packet,
  tries: number,
  read: (message: SnmpMessage) => Reading<T>,
): Promise<QuestionResult<T>> {
  const community = access.version === '3' ? null : Buffer.from(access.community.reveal());
  // A message of SNMPv3 is not authenticated here, because that would move the clock of the engine.
  const resembles = (message: SnmpMessage): boolean =>
    message.version === '3' || (community !== null && message.community.equals(community));
  return socket.ask({ address, port, version: access.version, packet, tries, timeoutMs, read, resembles });
}

function replyOf(ended: Exclude<QuestionResult<unknown>, { state: 'answered' }>): Reply {
  return ended.state === 'silent'
    ? { kind: 'silent', drops: ended.drops, elsewhere: ended.elsewhere }
    : { kind: 'unsent', error: ended.error };
}
