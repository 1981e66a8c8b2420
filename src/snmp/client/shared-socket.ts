import dgram, { type Socket, type SocketOptions } from 'node:dgram';
import { serviceName } from '../../core/index.ts';
import type { Drop } from './drops.ts';
import type { Packet } from './encoder.ts';
import { decodeMessage, type SnmpMessage } from './message.ts';

/** A question to one agent. `read` decides whether a message of the agent answers it. */
export interface Question<T> {
  readonly address: string;
  readonly port: number;
  readonly version: SnmpMessage['version'];
  readonly packet: Packet;
  /** How often the packet is sent at most. 1 for a write. */
  readonly tries: number;
  /** For one attempt. */
  readonly timeoutMs: number;
  readonly read: (message: SnmpMessage) => Reading<T>;
  /**
   * Whether a message from another address or port can be meant as the answer. It is never used, only
   * reported. Must have no effect.
   */
  readonly resembles: (message: SnmpMessage) => boolean;
}

/** A message is the answer to a question, or is dropped for a reason. */
export type Reading<T> = { readonly answer: T } | { readonly drop: Drop };

/**
 * How a question ended. `silent`: no answer in time, `drops` is what came instead, and `elsewhere` is where
 * else an answer came from (`192.0.2.9:1024`, a few at most). `unsent`: the system did not send it.
 */
export type QuestionResult<T> =
  | { readonly state: 'answered'; readonly answer: T }
  | { readonly state: 'silent'; readonly drops: ReadonlySet<Drop>; readonly elsewhere: ReadonlySet<string> }
  | { readonly state: 'unsent'; readonly error: unknown };

/** A question that waits for its answer. */
interface PendingQuestion {
  readonly version: SnmpMessage['version'];
  /** Takes a message with its ID; null = it was the answer. */
  take(message: SnmpMessage): Drop | null;
  note(drop: Drop): void;
  /** Records that a message from elsewhere resembles its answer; false if it does not. */
  noteElsewhere(message: SnmpMessage, where: string): boolean;
  /** Ends it as silence. */
  end(): void;
}

/** State of one address and port. */
interface Agent {
  sessions: number;
  readonly pending: Map<number, PendingQuestion>;
}

const RECEIVE_BUFFER = 4 * 1024 * 1024;
/** Enough for a thousand agents at the same time, with some questions each. */
const MAX_ENDED_QUESTIONS = 16_384;
/** Other addresses that one question records. */
const MAX_ELSEWHERE = 3;
/**
 * Datagrams from addresses that were not asked are decoded only for questions that wait, and a few for each
 * packet that was sent, so that a flood of them costs nothing.
 */
const FOREIGN_PER_PACKET = 4;
const MAX_FOREIGN = 4096;

/**
 * One UDP socket for all SNMP sessions of an address family, so that a thousand sessions need one descriptor.
 * A datagram reaches a question only if it is well-formed, has its ID and version, and comes from the address
 * that was asked. No datagram makes {@link SharedSocket.deliver} throw.
 */
export class SharedSocket {
  readonly #socket: Socket;
  readonly #agents = new Map<string, Agent>();
  readonly #drops = new Map<Drop, number>();
  /**
   * Ended questions, the oldest first: a card may answer after its session was closed, and that is not
   * garbage.
   */
  readonly #ended = new Set<string>();
  #foreign = 0;
  /** How many datagrams from elsewhere may still be decoded. */
  #foreignLeft = 0;
  /** The questions that wait, by their IDs; several agents may have the same one. */
  readonly #waiting = new Map<number, Set<PendingQuestion>>();

  /** `createSocket` replaces the network, for example in the fuzzer. */
  constructor(type: 'udp4' | 'udp6', createSocket: (options: SocketOptions) => Socket = dgram.createSocket) {
    this.#socket = createSocket({
      type,
      recvBufferSize: RECEIVE_BUFFER,
      // Names are resolved already.
      lookup: (address, _options, done) => done(null, address, type === 'udp4' ? 4 : 6),
    });
    this.#socket.on('message', (message, from) => this.deliver(message, from.address, from.port));
    // An error of one destination must not end the other sessions; they have their own timeouts.
    this.#socket.on('error', () => undefined);
    this.#socket.unref();
  }

  /** Datagrams from addresses that were not asked. */
  get foreignAnswers(): number {
    return this.#foreign;
  }

  /** Dropped datagrams of agents that were asked, by reason. */
  get drops(): ReadonlyMap<Drop, number> {
    return this.#drops;
  }

  /** Registers a session. Datagrams from an agent without a session count as foreign. */
  join(address: string, port: number): void {
    const key = keyOf(address, port);
    const agent = this.#agents.get(key) ?? { sessions: 0, pending: new Map() };
    agent.sessions += 1;
    this.#agents.set(key, agent);
    this.#socket.ref();
  }

  leave(address: string, port: number): void {
    const key = keyOf(address, port);
    const agent = this.#agents.get(key);
    if (agent === undefined) return;
    agent.sessions -= 1;
    if (agent.sessions === 0) this.#forget(key, agent);
    if (this.#agents.size === 0) this.#socket.unref();
  }

  /** Asks a registered agent. Never rejects. */
  ask<T>(question: Question<T>): Promise<QuestionResult<T>> {
    const { address, port, version, packet, read } = question;
    const key = keyOf(address, port);
    const agent = this.#agents.get(key);
    return new Promise((resolve) => {
      if (agent === undefined) {
        resolve({ state: 'unsent', error: new Error('the session is closed') });
        return;
      }
      const drops = new Set<Drop>();
      const elsewhere = new Set<string>();
      let timer: NodeJS.Timeout | undefined;
      const end = (ended: QuestionResult<T>): void => {
        clearTimeout(timer);
        agent.pending.delete(packet.id);
        this.#stopWaiting(packet.id, pending);
        this.#remember(`${key}|${packet.id}`);
        resolve(ended);
      };
      const pending: PendingQuestion = {
        version,
        take(message) {
          const reading = read(message);
          if ('drop' in reading) return reading.drop;
          end({ state: 'answered', answer: reading.answer });
          return null;
        },
        note: (drop) => drops.add(drop),
        noteElsewhere(message, where) {
          if (message.version !== version || !question.resembles(message)) return false;
          if (elsewhere.size < MAX_ELSEWHERE) elsewhere.add(where);
          return true;
        },
        end: () => end({ state: 'silent', drops, elsewhere }),
      };
      agent.pending.set(packet.id, pending);
      this.#waiting.set(packet.id, (this.#waiting.get(packet.id) ?? new Set()).add(pending));
      let left = question.tries;
      const send = (): void => {
        left -= 1;
        timer = setTimeout(() => {
          if (left > 0) send();
          else end({ state: 'silent', drops, elsewhere });
        }, question.timeoutMs);
        this.#foreignLeft = Math.min(MAX_FOREIGN, this.#foreignLeft + FOREIGN_PER_PACKET);
        this.#send(packet.bytes, port, address, (error) => end({ state: 'unsent', error }));
      };
      send();
    });
  }

  /**
   * Takes a datagram. Never throws: a fault of it is recorded at the questions that wait for this agent, and
   * counted.
   */
  deliver(bytes: Buffer, address: string, port: number): void {
    const key = keyOf(address, port);
    const agent = this.#agents.get(key);
    if (agent === undefined) {
      this.#foreign += 1;
      this.#noteForeign(bytes, address, port);
      return;
    }
    let message: SnmpMessage;
    try {
      message = decodeMessage(bytes);
    } catch {
      this.#drop('malformed', agent.pending.values());
      return;
    }
    const pending = agent.pending.get(message.id);
    if (pending === undefined) {
      // Another agent was asked, and this one answers for it.
      if (this.#noteElsewhere(message, address, port)) this.#drop('id', []);
      else if (this.#ended.has(`${key}|${message.id}`)) this.#drop('late', []);
      else this.#drop(unexpectedDrop(message, agent), agent.pending.values());
      return;
    }
    if (pending.version !== message.version) {
      this.#drop('version', [pending]);
      return;
    }
    try {
      const drop = pending.take(message);
      if (drop !== null) this.#drop(drop, [pending]);
    } catch {
      this.#drop('fault', [pending]);
    }
  }

  /** A datagram from an address that was not asked is never an answer, but may show where one comes from. */
  #noteForeign(bytes: Buffer, address: string, port: number): void {
    if (this.#waiting.size === 0 || this.#foreignLeft === 0) return;
    this.#foreignLeft -= 1;
    try {
      this.#noteElsewhere(decodeMessage(bytes), address, port);
    } catch {
      // It is no SNMP answer.
    }
  }

  #noteElsewhere(message: SnmpMessage, address: string, port: number): boolean {
    const where = serviceName({ host: address, port });
    const all = [...(this.#waiting.get(message.id) ?? [])];
    return all.map((pending) => pending.noteElsewhere(message, where)).includes(true);
  }

  #stopWaiting(id: number, pending: PendingQuestion): void {
    const all = this.#waiting.get(id);
    all?.delete(pending);
    if (all?.size === 0) this.#waiting.delete(id);
  }

  close(): Promise<void> {
    for (const [key, agent] of this.#agents) this.#forget(key, agent);
    return new Promise((resolve) => {
      this.#socket.close(() => resolve());
    });
  }

  #forget(key: string, agent: Agent): void {
    this.#agents.delete(key);
    for (const pending of [...agent.pending.values()]) pending.end();
  }

  #remember(question: string): void {
    this.#ended.add(question);
    if (this.#ended.size <= MAX_ENDED_QUESTIONS) return;
    const [oldest] = this.#ended;
    if (oldest !== undefined) this.#ended.delete(oldest);
  }

  #drop(drop: Drop, questions: Iterable<PendingQuestion>): void {
    this.#drops.set(drop, (this.#drops.get(drop) ?? 0) + 1);
    for (const question of questions) question.note(drop);
  }

  #send(bytes: Buffer, port: number, address: string, failed: (error: unknown) => void): void {
    try {
      this.#socket.send(bytes, port, address, (error) => {
        if (error !== null) failed(error);
      });
    } catch (error) {
      failed(error);
    }
  }
}

function keyOf(address: string, port: number): string {
  return `${address}|${port}`;
}

/** Why a message with an ID that was never asked is dropped. */
function unexpectedDrop(message: SnmpMessage, agent: Agent): Drop {
  const versions = [...agent.pending.values()].map(({ version }) => version);
  return versions.length > 0 && !versions.includes(message.version) ? 'version' : 'id';
}
