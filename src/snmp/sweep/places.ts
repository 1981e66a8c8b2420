/** Steps whose order differs from pass to pass. A power of two, so that odd factors shuffle it. */
const BLOCK = 16;
const SHUFFLE = 5;

/** What is known of each address of a sweep, by its index in the list. Fixed memory for each address. */
export class Places {
  readonly count: number;
  /** 1 for an address that is asked nothing more. */
  readonly #settled: Uint8Array;
  /** The question that an address answered last, counted from 1. */
  readonly #answered: Uint8Array;
  /** 1 for an address that got a question. */
  readonly #sent: Uint8Array;
  /** When an address was asked last, by the monotonic clock. */
  readonly #askedAt: Float64Array;
  readonly #stride: number;
  #question = 0;
  #silent: number;

  constructor(count: number) {
    this.count = count;
    this.#settled = new Uint8Array(count);
    this.#answered = new Uint8Array(count);
    this.#sent = new Uint8Array(count);
    this.#askedAt = new Float64Array(count).fill(Number.NEGATIVE_INFINITY);
    this.#stride = strideFor(count);
    this.#silent = count;
  }

  /** Number of addresses that have not answered the current question and are not settled. */
  get silent(): number {
    return this.#silent;
  }

  /** Begins with a question, by its index. */
  begin(question: number): void {
    this.#question = question;
    this.#silent = this.count - this.#settled.reduce((sum, one) => sum + one, 0);
  }

  /** Steps of a pass; some of the last ones have no place. */
  get steps(): number {
    return Math.ceil(this.count / BLOCK) * BLOCK;
  }

  /**
   * The place to ask at a step of a pass; null = none. Neighbours are far apart in time. Later passes have
   * nearly the same order, so that they wait only for their first places, but other places share a burst: a
   * queue that is full at the end of each burst loses others then.
   */
  at(step: number, pass: number): number | null {
    const within = step % BLOCK;
    const shuffled = pass === 0 ? step : step - within + ((within * (2 * pass + SHUFFLE) + pass) % BLOCK);
    return shuffled < this.count ? (shuffled * this.#stride) % this.count : null;
  }

  isSilent(place: number): boolean {
    return this.#settled[place] === 0 && this.#answered[place] !== this.#question + 1;
  }

  isSettled(place: number): boolean {
    return this.#settled[place] === 1;
  }

  /** When it was asked last; minus infinity = never. */
  askedAt(place: number): number {
    return this.#askedAt[place] ?? Number.NEGATIVE_INFINITY;
  }

  wasAsked(place: number): boolean {
    return Number.isFinite(this.askedAt(place));
  }

  wasSent(place: number): boolean {
    return this.#sent[place] === 1;
  }

  noteAsked(place: number, now: number): void {
    this.#askedAt[place] = now;
  }

  noteSent(place: number): void {
    this.#sent[place] = 1;
  }

  /** It answered the current question, and may be asked another one. */
  noteAnswered(place: number): void {
    if (!this.isSilent(place)) return;
    this.#answered[place] = this.#question + 1;
    this.#silent -= 1;
  }

  /** It is asked nothing more. */
  settle(place: number): void {
    if (this.isSilent(place)) this.#silent -= 1;
    this.#settled[place] = 1;
  }
}

/** Coprime to the count and near the golden ratio, so that neighbours are far apart in time. */
function strideFor(count: number): number {
  const common = (a: number, b: number): number => (b === 0 ? a : common(b, a % b));
  let stride = Math.max(1, Math.round(count * 0.618));
  while (common(stride, count) !== 1) stride += 1;
  return stride;
}
