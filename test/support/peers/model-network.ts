import dgram, { type Socket } from 'node:dgram';
import type { Clock } from '../../../src/core/index.ts';

/** A network in which only the model's time passes. */
export interface ModelNetwork {
  readonly isLive: (address: string) => boolean;
  /** Packets that it takes in a second; the others are lost. */
  readonly capacity?: number;
  /** Packets that it holds when more arrive; each waits for its turn. */
  readonly queue?: number;
  /** From a question to its answer, without the queue. */
  readonly delayMs?: number;
  /** Answers a unit gives before it is silent. */
  readonly answers?: number;
  /** Packets that the system takes in 100 ms; others get ENOBUFS. */
  readonly room?: number;
  /** Called at each question, with the model's time. */
  readonly onQuestion?: (address: string, now: number) => void;
}

/** What replaces clock and network of a sweep. */
export interface Model {
  readonly clock: Clock;
  readonly createSocket: () => Socket;
  /** Times of all questions, by address. */
  readonly asked: ReadonlyMap<string, readonly number[]>;
}

interface Arrival {
  readonly at: number;
  readonly act: () => void;
}

/** Waits end when the model's time reaches them; everything due arrives before. */
class ModelTime implements Clock {
  #now = 1000;
  #arrivals: Arrival[] = [];

  now(): Date {
    return new Date(this.#now);
  }

  monotonic(): number {
    return this.#now;
  }

  at(at: number, act: () => void): void {
    this.#arrivals.push({ at, act });
  }

  async sleep(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    const due = this.#arrivals.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
    this.#arrivals = this.#arrivals.filter(({ at }) => at > end);
    for (const { at, act } of due) {
      this.#now = Math.max(this.#now, at);
      act();
    }
    this.#now = end;
  }
}

/** A network of SNMP agents that answer each question, in the model's time. */
export function modelNetwork(network: ModelNetwork): Model {
  const clock = new ModelTime();
  const { capacity = Number.POSITIVE_INFINITY, queue = 10, delayMs = 20, room, answers } = network;
  const asked = new Map<string, number[]>();
  const given = new Map<string, number>();
  let busyUntil = 0;
  let windowBegin = 0;
  let inWindow = 0;
  const createSocket = (): Socket => {
    const socket = dgram.createSocket('udp4');
    const send = (
      bytes: Buffer,
      port: number,
      address: string,
      done: (error: Error | null) => void,
    ): void => {
      const now = clock.monotonic();
      if (now - windowBegin >= 100) {
        windowBegin = now;
        inWindow = 0;
      }
      inWindow += 1;
      if (room !== undefined && inWindow > room) {
        clock.at(now, () => done(Object.assign(new Error('no room'), { code: 'ENOBUFS' })));
        return;
      }
      clock.at(now, () => done(null));
      network.onQuestion?.(address, now);
      const times = asked.get(address);
      if (times === undefined) asked.set(address, [now]);
      else times.push(now);
      const wait = Math.max(0, busyUntil - now);
      if (wait * capacity > queue * 1000) return;
      busyUntil = now + wait + 1000 / capacity;
      const before = given.get(address) ?? 0;
      if (!network.isLive(address) || (answers !== undefined && before >= answers)) return;
      given.set(address, before + 1);
      const answer = Buffer.from(bytes);
      answer[answer.indexOf(0xa0)] = 0xa2;
      clock.at(busyUntil + delayMs, () =>
        socket.emit('message', answer, { address, port, family: 'IPv4', size: answer.length }),
      );
    };
    return Object.assign(socket, { send });
  };
  return { clock, createSocket, asked };
}
