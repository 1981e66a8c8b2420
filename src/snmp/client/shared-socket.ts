import dgram, { type Socket, type SocketOptions } from 'node:dgram';
import { isIPv6 } from 'node:net';
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
  /** For one try. */
  readonly timeoutMs: number;
  readonly read: (message: SnmpMessage) => Reading<T>;
}

/** What a message is to a question: its answer, or a reason to go on waiting. */
export type Reading<T> = { readonly answer: T } | { readonly drop: Drop };

/** How a question ended. `silent`: no answer came in time, `drops` is what came instead. `unsent`: the system did not send it. */
export type Ended<T> =
  | { readonly state: 'answered'; readonly answer: T }
  | { readonly state: 'silent'; readonly drops: ReadonlySet<Drop> }
  | { readonly state: 'unsent'; readonly error: unknown };

/** A question that waits. */
interface Waiting {
  readonly version: SnmpMessage['version'];
  /** Gives it a message with its id; null = it was the answer. */
  take(message: SnmpMessage): Drop | null;
  note(drop: Drop): void;
  /** Ends it as silence. */
  end(): void;
}

/** What is known of one address and port. */
interface Agent {
  sessions: number;
  readonly waiting: Map<number, Waiting>;
}

const RECEIVE_BUFFER = 4 * 1024 * 1024;
/** Of a thousand agents that are asked at the same time, some questions each. */
const MAX_ENDED_QUESTIONS = 16_384;

/**
 * One UDP socket under all SNMP sessions of an address family. A datagram reaches a question only from the address and port
 * that were asked, with the id and version of the question, and only as a well-formed message. Nothing that a datagram does
 * leaves {@link SharedSocket.deliver}. One socket also keeps a thousand sessions from needing a thousand descriptors.
 */
export class SharedSocket {
  readonly #socket: Socket;
  readonly #agents = new Map<string, Agent>();
  readonly #drops = new Map<Drop, number>();
  /** Questions that have ended, the oldest first: a card may answer long after its session was closed, and that is no garbage. */
  readonly #ended = new Set<string>();
  #foreign = 0;

  /** `createSocket` is for runs that need no network, such as those of the fuzzer. */
  constructor(type: 'udp4' | 'udp6', createSocket: (options: SocketOptions) => Socket = dgram.createSocket) {
    this.#socket = createSocket({
      type,
      recvBufferSize: RECEIVE_BUFFER,
      // Names were looked up before.
      lookup: (address, _options, done) => done(null, address, type === 'udp4' ? 4 : 6),
    });
    this.#socket.on('message', (message, from) => this.deliver(message, from.address, from.port));
    // An error of one destination must not end the sessions to the others; they have their own deadlines.
    this.#socket.on('error', () => undefined);
    this.#socket.unref();
  }

  /** Datagrams that came from addresses that were not asked. */
  get foreignAnswers(): number {
    return this.#foreign;
  }

  /** Datagrams of agents that were asked and that answered nothing, by reason. */
  get drops(): ReadonlyMap<Drop, number> {
    return this.#drops;
  }

  /** Announces a session with an agent. What comes from there counts as foreign before the first and after the last one. */
  join(address: string, port: number): void {
    const key = keyOf(address, port);
    const agent = this.#agents.get(key) ?? { sessions: 0, waiting: new Map() };
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

  /** Asks an agent that was joined. Never rejects. */
  ask<T>(question: Question<T>): Promise<Ended<T>> {
    const { address, port, version, packet, read } = question;
    const key = keyOf(address, port);
    const agent = this.#agents.get(key);
    return new Promise((resolve) => {
      if (agent === undefined) {
        resolve({ state: 'unsent', error: new Error('the session is closed') });
        return;
      }
      const drops = new Set<Drop>();
      let timer: NodeJS.Timeout | undefined;
      const end = (ended: Ended<T>): void => {
        clearTimeout(timer);
        agent.waiting.delete(packet.id);
        this.#remember(`${key}|${packet.id}`);
        resolve(ended);
      };
      agent.waiting.set(packet.id, {
        version,
        take(message) {
          const reading = read(message);
          if ('drop' in reading) return reading.drop;
          end({ state: 'answered', answer: reading.answer });
          return null;
        },
        note: (drop) => drops.add(drop),
        end: () => end({ state: 'silent', drops }),
      });
      let left = question.tries;
      const send = (): void => {
        left -= 1;
        timer = setTimeout(() => {
          if (left > 0) send();
          else end({ state: 'silent', drops });
        }, question.timeoutMs);
        this.#send(packet.bytes, port, address, (error) => end({ state: 'unsent', error }));
      };
      send();
    });
  }

  /**
   * Takes a datagram. Never throws: whatever is wrong with it is noted at the questions that wait for this agent, and counted.
   */
  deliver(bytes: Buffer, address: string, port: number): void {
    const key = keyOf(address, port);
    const agent = this.#agents.get(key);
    if (agent === undefined) {
      this.#foreign += 1;
      return;
    }
    let message: SnmpMessage;
    try {
      message = decodeMessage(bytes);
    } catch {
      this.#drop('malformed', agent.waiting.values());
      return;
    }
    const waiting = agent.waiting.get(message.id);
    if (waiting === undefined) {
      if (this.#ended.has(`${key}|${message.id}`)) this.#drop('late', []);
      else this.#drop(strange(message, agent), agent.waiting.values());
      return;
    }
    if (waiting.version !== message.version) {
      this.#drop('version', [waiting]);
      return;
    }
    try {
      const drop = waiting.take(message);
      if (drop !== null) this.#drop(drop, [waiting]);
    } catch {
      this.#drop('fault', [waiting]);
    }
  }

  close(): Promise<void> {
    for (const [key, agent] of this.#agents) this.#forget(key, agent);
    return new Promise((resolve) => {
      this.#socket.close(() => resolve());
    });
  }

  #forget(key: string, agent: Agent): void {
    this.#agents.delete(key);
    for (const waiting of [...agent.waiting.values()]) waiting.end();
  }

  #remember(question: string): void {
    this.#ended.add(question);
    if (this.#ended.size <= MAX_ENDED_QUESTIONS) return;
    const [oldest] = this.#ended;
    if (oldest !== undefined) this.#ended.delete(oldest);
  }

  #drop(drop: Drop, questions: Iterable<Waiting>): void {
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

/** A message that answers nothing that was ever asked of its agent. */
function strange(message: SnmpMessage, agent: Agent): Drop {
  const versions = [...agent.waiting.values()].map(({ version }) => version);
  return versions.length > 0 && !versions.includes(message.version) ? 'version' : 'id';
}

/** An IPv6 address as a socket will spell the sender of an answer; other text as it is. */
export function canonicalAddress(address: string): string {
  if (!isIPv6(address) || address.includes('%')) return address;
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}
