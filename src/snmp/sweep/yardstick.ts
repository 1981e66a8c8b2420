import type { KnownUnits, Pace } from './pace.ts';

/** An address that answered, and what it does when it is asked again. */
interface Responder {
  readonly place: number;
  /** The question that it answered. */
  readonly probe: number;
  /** Its shortest delay in milliseconds. */
  best: number;
  /** Not asked before this time. */
  due: number;
  /** When it was asked again; null = it owes no answer. */
  askedAt: number | null;
  /** The epoch of the rate at that time. */
  epoch: number;
  /** Its time was over at the last look. */
  isOverdue: boolean;
  /** Misses since its last answer. */
  silent: number;
  /** It answered again at least once, so its silence means something. */
  isReliable: boolean;
}

const MAX_RESPONDERS = 128;
/** For one address. Doubled with each miss. */
const INTERVAL_MS = 1000;
const MAX_DOUBLINGS = 6;
/** For all addresses: at most ten a second, and at most one question in five. */
const MIN_GAP_MS = 100;
const MAX_SHARE = 0.2;
/**
 * One turn in so many asks a unit again that is due. At a fixed place, such as the first after a pause, it
 * would meet an empty queue each time.
 */
const TURNS = 8;
/** A unit whose answer takes longer than this missed: a multiple of its shortest delay, within bounds. */
const SLOWNESS = { factor: 3, plusMs: 150, leastMs: 200 } as const;
/** More misses in a row are the unit's own silence. */
const MAX_COUNTED_MISSES = 2;

/**
 * Asks some of the addresses that answered again, and reports to the pace whether they answer as before. Most
 * addresses of a sweep never answer, so only these show how much is lost. Never asks an address more than
 * once a second.
 */
export class Yardstick {
  readonly #pace: Pace;
  readonly #waitMs: number;
  readonly #responders: Responder[] = [];
  readonly #byPlace = new Map<number, Responder>();
  readonly #open = new Set<Responder>();
  #next = 0;
  #random = 1;
  #nextDue = Number.NEGATIVE_INFINITY;

  /** `waitMs`: the longest time that an answer may take. */
  constructor(pace: Pace, waitMs: number) {
    this.#pace = pace;
    this.#waitMs = waitMs;
  }

  /** An address answered a question of the sweep for the first time, after a delay in milliseconds. */
  add(place: number, probe: number, delay: number, now: number): void {
    if (this.#byPlace.has(place)) return;
    const responder: Responder = {
      place,
      probe,
      best: delay,
      due: now + INTERVAL_MS,
      askedAt: null,
      epoch: 0,
      isOverdue: false,
      silent: 0,
      isReliable: false,
    };
    let index = this.#responders.length;
    if (index >= MAX_RESPONDERS) {
      // Another address is worth more than one that does not answer again.
      index = this.#responders.findIndex(isResting);
      const [replaced] = index === -1 ? [] : this.#responders.slice(index, index + 1);
      if (replaced === undefined) return;
      this.#byPlace.delete(replaced.place);
      this.#open.delete(replaced);
    }
    this.#responders[index] = responder;
    this.#byPlace.set(place, responder);
  }

  /** The address to ask again now, with its question; null = none. */
  next(now: number): { readonly place: number; readonly probe: number } | null {
    if (now < this.#nextDue || !this.#isTurn()) return null;
    const count = this.#responders.length;
    for (let step = 0; step < count; step += 1) {
      const responder = this.#responders[(this.#next + step) % count];
      if (responder === undefined || responder.askedAt !== null || responder.due > now) continue;
      this.#next = (this.#next + step + 1) % count;
      this.#nextDue = now + Math.max(MIN_GAP_MS, 1000 / (MAX_SHARE * this.#pace.rate));
      responder.askedAt = now;
      responder.due = now + INTERVAL_MS;
      responder.epoch = this.#pace.epoch;
      responder.isOverdue = false;
      this.#open.add(responder);
      return responder;
    }
    return null;
  }

  /** Takes an answer of an address that answered before; one that was not asked again is ignored. */
  answered(place: number, now: number): void {
    const responder = this.#byPlace.get(place);
    if (responder === undefined || responder.askedAt === null) return;
    responder.best = Math.min(responder.best, now - responder.askedAt);
    responder.silent = 0;
    responder.isReliable = true;
    this.#close(responder);
    this.#pace.noteUnits(this.#state());
    if (responder.epoch === this.#pace.epoch) this.#pace.answered();
  }

  /**
   * Counts misses. A time that is over counts at the second look only: after a pause of this process the
   * answer may wait in the socket.
   */
  look(now: number): void {
    for (const responder of this.#open) {
      if (now - (responder.askedAt ?? now) < this.#patience(responder)) continue;
      if (responder.isOverdue) this.#miss(responder, now);
      else responder.isOverdue = true;
    }
  }

  /** At random, and the same in each sweep. */
  #isTurn(): boolean {
    this.#random = (Math.imul(this.#random, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#random < 2 ** 32 / TURNS;
  }

  #miss(responder: Responder, now: number): void {
    this.#close(responder);
    const counts = responder.silent < (responder.isReliable ? MAX_COUNTED_MISSES : 1);
    const wasSilent = this.#responders.length > 0 && this.#responders.every(isResting);
    responder.silent += 1;
    responder.due = now + INTERVAL_MS * 2 ** Math.min(responder.silent, MAX_DOUBLINGS);
    this.#pace.noteUnits(this.#state());
    if (responder.epoch !== this.#pace.epoch) return;
    if (wasSilent) this.#pace.missedBySilent();
    else if (counts) this.#pace.missed(responder.isReliable);
  }

  #close(responder: Responder): void {
    responder.askedAt = null;
    this.#open.delete(responder);
  }

  #patience({ best }: Responder): number {
    const allowed = SLOWNESS.factor * best + SLOWNESS.plusMs;
    return Math.min(this.#waitMs, Math.max(SLOWNESS.leastMs, allowed));
  }

  #state(): KnownUnits {
    if (this.#responders.some(answers)) return 'answering';
    return this.#responders.some(({ silent }) => silent > 0) ? 'silent' : 'none';
  }
}

/** Whether a unit answers each time that it is asked. */
function answers({ isReliable, silent }: Responder): boolean {
  return isReliable && silent < MAX_COUNTED_MISSES;
}

/** Whether a unit stopped answering, or never answers a second time. */
function isResting({ silent }: Responder): boolean {
  return silent >= MAX_COUNTED_MISSES;
}
