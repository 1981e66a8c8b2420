import type { Probe } from '../client/probe.ts';
import type { AddressList } from './addresses.ts';

/** Answers from an address or port that was not asked. They are never taken; a finding names them. */
export interface ForeignAnswer {
  readonly address: string;
  /** The ports that answers came from; bounded. */
  readonly ports: readonly number[];
  /** The address whose question was answered; null = it could not be matched. */
  readonly asked: string | null;
}

export interface ForeignResult {
  /** Datagrams. */
  readonly count: number;
  /** Where they came from, each once; bounded. */
  readonly answers: readonly ForeignAnswer[];
}

const MAX_LISTED = 10;
const MAX_PORTS = 4;

/** Collects answers that come from elsewhere. Bounded: a flood of them needs no more memory than ten. */
export class ForeignAnswers {
  readonly #addresses: AddressList;
  readonly #probes: readonly Probe[];
  readonly #wasAsked: (place: number) => boolean;
  readonly #listed = new Map<string, { address: string; ports: Set<number>; asked: string | null }>();
  #count = 0;

  constructor(addresses: AddressList, probes: readonly Probe[], wasAsked: (place: number) => boolean) {
    this.#addresses = addresses;
    this.#probes = probes;
    this.#wasAsked = wasAsked;
  }

  add(message: Buffer, { address, port }: { readonly address: string; readonly port: number }): void {
    this.#count += 1;
    if (this.#listed.size >= MAX_LISTED) return;
    const asked = this.#askedFor(message, address);
    const key = `${address}|${asked ?? ''}`;
    const known = this.#listed.get(key) ?? { address, ports: new Set(), asked };
    this.#listed.set(key, known);
    if (known.ports.size < MAX_PORTS) known.ports.add(port);
  }

  result(): ForeignResult {
    const answers = [...this.#listed.values()].map((one) => ({ ...one, ports: [...one.ports] }));
    return { count: this.#count, answers };
  }

  /** The address whose question a datagram answers, by its ID or its sender; null if that is not known. */
  #askedFor(message: Buffer, sender: string): string | null {
    for (const probe of this.#probes) {
      const { place = -1 } = probe.placeOf(message) ?? {};
      if (place >= 0 && place < this.#addresses.count && this.#wasAsked(place))
        return this.#addresses.at(place);
    }
    const same = this.#addresses.indexOf(sender);
    return same !== -1 && this.#wasAsked(same) ? sender : null;
  }
}
