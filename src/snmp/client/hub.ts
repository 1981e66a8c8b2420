import { lookup } from 'node:dns/promises';
import { isIP, isIPv6 } from 'node:net';
import pLimit from 'p-limit';
import { type Clock, Problem, type SnmpAccess, sanitize } from '../../core/index.ts';
import { canonicalAddress } from './canonical-address.ts';
import type { Endpoint } from './problems.ts';
import { openSession, type SnmpSession } from './session.ts';
import { SharedSocket } from './shared-socket.ts';
import { diagnoseSilence } from './silence.ts';
import { keepUserKeys } from './user-keys.ts';

export interface SnmpHubOptions {
  /** Measures how long an SNMPv3 engine has been running since its last message. */
  readonly clock: Clock;
  /** For one attempt of one question. */
  readonly timeoutMs?: number;
  /** Further attempts of a read. A write is never repeated. */
  readonly retries?: number;
}

/** All SNMP traffic of the process: one socket per address family. */
export interface SnmpHub {
  /** Opens a session. Throws Problem link/dns. Sends nothing yet. */
  open(access: SnmpAccess, endpoint: Endpoint): Promise<SnmpSession>;
  /**
   * Finds out why an agent does not answer a credential; null if that cannot be found out. Only reads, never
   * throws.
   */
  diagnoseSilence(endpoint: Endpoint, access: SnmpAccess): Promise<Problem | null>;
  /** Discarded datagrams from addresses that were not asked. */
  readonly foreignAnswers: number;
  close(): Promise<void>;
}

const TIMEOUT_MS = 5000;
const RETRIES = 1;
/** Each of these questions has its own socket. */
const MAX_CONCURRENT_QUESTIONS = 512;

export function createSnmpHub(options: SnmpHubOptions): SnmpHub {
  const sockets = new Map<'udp4' | 'udp6', SharedSocket>();
  keepUserKeys();
  const questions = pLimit(MAX_CONCURRENT_QUESTIONS);
  const socketFor = (type: 'udp4' | 'udp6'): SharedSocket => {
    const present = sockets.get(type);
    if (present !== undefined) return present;
    const made = new SharedSocket(type);
    sockets.set(type, made);
    return made;
  };
  return {
    async open(access, endpoint) {
      const address = await resolveHost(endpoint.host);
      const transport = isIPv6(address) ? 'udp6' : 'udp4';
      return openSession({
        access,
        address,
        endpoint,
        socket: socketFor(transport),
        clock: options.clock,
        timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
        retries: options.retries ?? RETRIES,
      });
    },
    diagnoseSilence: (endpoint, access) =>
      questions(async () => {
        const address = await resolveHost(endpoint.host).catch(() => null);
        return address === null ? null : diagnoseSilence(address, isIPv6(address) ? 6 : 4, endpoint, access);
      }),
    get foreignAnswers() {
      return [...sockets.values()].reduce((sum, socket) => sum + socket.foreignAnswers, 0);
    },
    async close() {
      await Promise.all([...sockets.values()].map((socket) => socket.close()));
      sockets.clear();
    },
  };
}

/** The address of a host, in the format that the socket reports for the sender of an answer. */
async function resolveHost(host: string): Promise<string> {
  if (isIP(host) !== 0) return canonicalAddress(host);
  try {
    const { address } = await lookup(host);
    return canonicalAddress(address);
  } catch (thrown) {
    throw new Problem('link/dns', `The name ${sanitize(host)} has no address.`, {
      hint: 'Check the host in the inventory, or the name server.',
      cause: thrown,
    });
  }
}
