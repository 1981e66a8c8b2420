import type { Socket, SocketOptions } from 'node:dgram';
import type { Clock } from '../../core/index.ts';
import type { Probe } from '../client/probe.ts';
import type { AddressList } from './addresses.ts';
import type { ForeignResult } from './foreign.ts';

/** A question of a sweep. `last`: an address that answers it is asked nothing more. */
export interface SweepProbe extends Probe {
  readonly last: boolean;
}

/** Questions per second. `auto` adapts to what the network answers; `max` = as fast as the machine can. */
export type SweepRate = number | 'auto' | 'max';

export interface SweepOptions {
  readonly addresses: AddressList;
  readonly port: number;
  /** Asked in this order; a later one goes only to addresses that are not settled. */
  readonly probes: readonly SweepProbe[];
  readonly rate: SweepRate;
  /** How long to wait for an answer before the address is asked again or given up. */
  readonly waitMs: number;
  /** Further passes of each question over the silent addresses. */
  readonly retries: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Called once for each question that an address answers; null = the datagram answers none of them. */
  readonly onAnswer: (address: string, probe: number | null) => void;
  /** `rate`: questions per second at the moment; null without a limit. */
  readonly onSent: (sent: number, rate: number | null) => void;
  /** Replaces the network. */
  readonly createSocket?: (options: SocketOptions) => Socket;
}

export interface SweepResult {
  /** Addresses that were asked at least once. */
  readonly asked: number;
  /** Answers that came from elsewhere. */
  readonly foreign: ForeignResult;
  /** Addresses to which nothing could be sent, by the error code of the system (`ENETUNREACH`). */
  readonly unsent: ReadonlyMap<string, { readonly count: number; readonly example: string }>;
  /** Still in the last pass, many of those that answered a question did so only there; null = few did. */
  readonly lost: LostAnswers | null;
}

export interface LostAnswers {
  /** Addresses that answered the question only when they were asked for the last time. */
  readonly late: number;
  readonly answered: number;
  /** Questions per second at the end; null without a limit. */
  readonly rate: number | null;
}
