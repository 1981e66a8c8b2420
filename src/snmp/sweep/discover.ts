import pLimit from 'p-limit';
import type { Clock, DiscoveredDevice, SnmpAccess } from '../../core/index.ts';
import type { SnmpHub } from '../client/hub.ts';
import { engineProbe, probeFor } from '../client/probe.ts';
import { lookBySnmp } from '../look/look.ts';
import type { AddressList } from './addresses.ts';
import type { SweepProbe, SweepRate, SweepResult } from './options.ts';
import { sweep } from './sweep.ts';

export interface DiscoverOptions {
  /** For reading the devices that answered. */
  readonly hub: SnmpHub;
  readonly addresses: AddressList;
  readonly port: number;
  /** Tried in this order at each address. */
  readonly credentials: readonly SnmpAccess[];
  readonly rate: SweepRate;
  readonly waitMs: number;
  readonly retries: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: DiscoverProgress) => void;
}

export interface DiscoverProgress {
  readonly sent: number;
  /** Questions per second at the moment; null without a limit. */
  readonly rate: number | null;
  readonly answered: number;
  readonly read: number;
}

export interface DiscoverResult extends Omit<SweepResult, 'asked'> {
  /** Addresses that were asked. */
  readonly scanned: number;
  /** Addresses that answered, also those that were not read because the signal was aborted. */
  readonly answered: number;
  /** Devices that answered and were read, in the order of the addresses. */
  readonly found: readonly DiscoveredDevice[];
  /** Addresses that answered and were not read, because the signal was aborted. */
  readonly unread: readonly string[];
}

/** Devices that are read at the same time, one request at a time each: by the rate, within these bounds. */
const READS = { least: 8, most: 256, mostAdapting: 64, share: 1 / 20 } as const;

/** A question of the sweep, and the credentials to try where it is answered. */
interface Question {
  readonly probe: SweepProbe;
  readonly credentials: readonly number[];
}

/**
 * Asks all addresses, then reads each device that answered. Only reads. Everything that answers is in the
 * result, whatever it is. When the signal is aborted it ends with what it has so far.
 */
export async function discover(options: DiscoverOptions): Promise<DiscoverResult> {
  const { addresses, credentials, rate, clock, signal } = options;
  const questions = questionsFor(credentials);
  const limit = pLimit(readsAtOnce(rate, rate === 'auto' || rate === 'max' ? null : rate));
  const answeredHosts = new Map<string, Set<number>>();
  const found = new Map<string, DiscoveredDevice>();
  const reads: Promise<void>[] = [];
  let sent = 0;
  let rateNow: number | null = null;
  const reportProgress = (): void =>
    options.onProgress({ sent, rate: rateNow, answered: answeredHosts.size, read: found.size });

  const read = (host: string, candidates: readonly number[]): void => {
    reads.push(
      limit(async () => {
        if (signal.aborted) return;
        const one = await readOne(options, host, candidates);
        if (one !== null) found.set(host, one);
        reportProgress();
      }),
    );
  };

  const swept = await sweep({
    addresses,
    port: options.port,
    probes: questions.map(({ probe }) => probe),
    rate,
    waitMs: options.waitMs,
    retries: options.retries,
    clock,
    signal,
    onAnswer(host, answered) {
      const credentialIndexes = answeredHosts.get(host) ?? new Set<number>();
      answeredHosts.set(host, credentialIndexes);
      if (answered === null) return;
      for (const index of questions[answered]?.credentials ?? []) credentialIndexes.add(index);
      // A device that answered an open question only may still answer a better one.
      if (questions[answered]?.probe.last === true) read(host, inOrder(credentialIndexes));
    },
    onSent(count, current) {
      sent = count;
      if (current !== rateNow) limit.concurrency = readsAtOnce(rate, current);
      rateNow = current;
      reportProgress();
    },
  });
  for (const [host, credentialIndexes] of answeredHosts) {
    const settled = [...credentialIndexes].some((index) => credentials[index]?.version !== '3');
    // An answer that is not SNMP is looked at too, so that nothing that answers is left out.
    if (!settled)
      read(
        host,
        credentialIndexes.size > 0
          ? inOrder(credentialIndexes)
          : credentials.map((_, index) => index).slice(0, 1),
      );
  }
  // A read waits for its device for seconds; somebody who stops the sweep does not.
  await Promise.race([Promise.all(reads), whenAborted(signal)]);
  const inRange = (a: string, b: string): number => addresses.indexOf(a) - addresses.indexOf(b);
  return {
    scanned: swept.asked,
    foreign: swept.foreign,
    unsent: swept.unsent,
    lost: swept.lost,
    answered: answeredHosts.size,
    found: [...found.values()].sort((a, b) => inRange(a.host, b.host)),
    unread: [...answeredHosts.keys()].filter((host) => !found.has(host)).sort(inRange),
  };
}

/** `current`: questions per second at the moment; null without a limit, and before the first question. */
function readsAtOnce(rate: SweepRate, current: number | null): number {
  const most = rate === 'auto' ? READS.mostAdapting : READS.most;
  if (current === null) return rate === 'auto' ? READS.least : most;
  return Math.min(most, Math.max(READS.least, Math.floor(current * READS.share)));
}

function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** One question for each community, and one for all users: it asks for the engine, not for a user. */
function questionsFor(credentials: readonly SnmpAccess[]): readonly Question[] {
  const users = credentials.flatMap(({ version }, index) => (version === '3' ? [index] : []));
  return credentials.flatMap((access, index): Question[] => {
    if (access.version !== '3') return [{ probe: { ...probeFor(access), last: true }, credentials: [index] }];
    return index === users[0] ? [{ probe: { ...engineProbe(), last: false }, credentials: users }] : [];
  });
}

function inOrder(indexes: ReadonlySet<number>): readonly number[] {
  return [...indexes].sort((a, b) => a - b);
}

/** Looks with one credential after the other until one is accepted. Null when the signal is aborted. */
async function readOne(
  options: DiscoverOptions,
  host: string,
  candidates: readonly number[],
): Promise<DiscoveredDevice | null> {
  const { hub, port, credentials, clock, signal } = options;
  let last: DiscoveredDevice | null = null;
  for (const credential of candidates) {
    const snmp = credentials[credential];
    if (snmp === undefined) continue;
    try {
      const look = await lookBySnmp(hub, { site: null, name: null, host, port, snmp }, { clock, signal });
      // What ended in the middle of a stop says nothing about the device.
      if (signal.aborted && look.problem !== null) return null;
      if (look.kind !== null) return { host, look, credential };
      last ??= { host, look, credential: null };
    } catch (thrown) {
      if (signal.aborted) return null;
      throw thrown;
    }
  }
  return last;
}
