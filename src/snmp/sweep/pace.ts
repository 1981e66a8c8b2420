/** Questions per second of a sweep without `--rate`. docs/discovery.md documents them. */
export const PACE = {
  start: 500,
  /** The highest rate while no unit is known whose answers show how the network does. */
  blind: 2000,
  /** The highest rate while known units answer again, and in time. */
  ceiling: 4000,
  floor: 25,
  /** No slower because the system had no room: it says so itself, and nothing is lost. */
  fullFloor: 100,
} as const;

/**
 * Growth before anything was lost: by a factor after a quarter of a second of questions, and above the blind
 * ceiling by a smaller one, after ten answers.
 */
const RAMP = { factor: 1.4, seconds: 0.25, answeredFactor: 1.25 } as const;
/** Growth after something was lost. */
const RECOVERY = { factor: 1.1, blindFactor: 1.05, seconds: 1 } as const;
/** The rate that failed is tried again only in small steps, each after so many seconds of questions. */
const LIMIT = { share: 0.75, factor: 1.1, seconds: 10 } as const;
const SHRINK = 0.5;
/** Repeated failures within this time have the same cause. */
const SAME_CAUSE_SECONDS = 0.1;

/**
 * Evidence about the present rate. The score falls on average where more than one question in six is missed:
 * two misses in a row make it slower, ten answers in a row permit a faster rate.
 */
const SCORE = { answered: 1, missed: -5, slower: -10, faster: 10 } as const;

/** Questions that may be sent at once where the machine was late: those of this time. */
const BURST_SECONDS = 0.025;

/** What known units do when asked again. `none`: no result yet. `silent`: none answers. */
export type KnownUnits = 'none' | 'answering' | 'silent';

/**
 * The rate of a sweep: starts at a moderate rate, grows while answers come as before, and shrinks where they
 * do not. It reads no clock: it learns of time only in {@link Pace.take}. Growth counts sent questions, so a
 * machine that cannot send at the present rate gets no higher one.
 */
export class Pace {
  /** Null = the rate adapts. */
  readonly #fixed: number | null;
  #rate: number;
  /** The rate stays below it after a loss. */
  #limit: number = PACE.ceiling;
  #score = 0;
  #epoch = 0;
  #units: KnownUnits = 'none';
  #sentForGrowth = 0;
  #sentForLimit = 0;
  #sentSinceShrink = 0;
  #tokens = 1;
  #takenAt: number | null = null;

  /** `fixed`: questions per second that never change. */
  constructor(fixed: number | null) {
    this.#fixed = fixed;
    this.#rate = fixed ?? PACE.start;
  }

  /** Questions per second. */
  get rate(): number {
    return this.#rate;
  }

  /** Changes with each reduction: what was sent before says nothing about the present rate. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Whether something was lost since the start. */
  get isReduced(): boolean {
    return this.#epoch > 0;
  }

  /** Whether a question may be sent at a time, in milliseconds of a monotonic clock; counts it if so. */
  take(now: number): boolean {
    const elapsed = Math.max(0, now - (this.#takenAt ?? now));
    this.#takenAt = now;
    const most = Math.max(1, this.#rate * BURST_SECONDS);
    this.#tokens = Math.min(most, this.#tokens + (elapsed * this.#rate) / 1000);
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    this.#sent();
    return true;
  }

  /** Nothing was to be sent for a while: that saves nothing for later. */
  pause(): void {
    this.#takenAt = null;
    this.#tokens = Math.min(1, this.#tokens);
  }

  /** A known unit is asked again: that comes out of the same budget. */
  spend(): void {
    this.#tokens -= 1;
  }

  /** A known unit answered again, in time. */
  answered(): void {
    if (this.#fixed !== null) return;
    this.#score += SCORE.answered;
    if (this.#score < SCORE.faster) return;
    this.#score = 0;
    if (this.isReduced) this.#grow(RECOVERY.factor, Math.min(this.#limit, PACE.ceiling));
    else if (this.#rate >= PACE.blind) this.#grow(RAMP.answeredFactor, PACE.ceiling);
  }

  /**
   * A known unit did not answer again in time. `isProof`: it did so before. Otherwise it is open whether the
   * rate is at fault, and the start rate is slow enough.
   */
  missed(isProof: boolean): void {
    this.#score += SCORE.missed;
    if (this.#score > SCORE.slower) return;
    if (isProof) this.#shrink(this.#rate, PACE.floor);
    else this.#shrinkToStart();
  }

  /** One of the known units that are all silent missed again. */
  missedBySilent(): void {
    this.#shrinkToStart();
  }

  /** The system had no room for a question. */
  refused(): void {
    if (this.#sentSinceShrink < this.#rate * SAME_CAUSE_SECONDS) return;
    this.#shrink(this.#rate, PACE.fullFloor);
  }

  /** Many addresses answered only when they were asked again: the rate of the pass before was too high. */
  lostAt(rate: number): void {
    this.#shrink(rate, PACE.floor);
  }

  /** What the known units do now. */
  noteUnits(units: KnownUnits): void {
    this.#units = units;
  }

  #sent(): void {
    this.#sentSinceShrink += 1;
    if (this.#fixed !== null) return;
    this.#sentForGrowth += 1;
    this.#sentForLimit += 1;
    const step = this.isReduced ? RECOVERY.seconds : RAMP.seconds;
    const mayGrow = this.#score >= 0 && this.#units !== 'silent';
    if (this.#sentForLimit >= this.#rate * LIMIT.seconds) {
      this.#sentForLimit = 0;
      if (mayGrow) this.#limit = Math.min(PACE.ceiling, this.#limit * LIMIT.factor);
    }
    if (this.#sentForGrowth < this.#rate * step) return;
    this.#sentForGrowth = 0;
    if (!mayGrow) return;
    if (!this.isReduced) this.#grow(RAMP.factor, PACE.blind);
    else if (this.#units === 'none') this.#grow(RECOVERY.blindFactor, Math.min(this.#limit, PACE.blind));
  }

  #grow(factor: number, most: number): void {
    this.#rate = Math.max(this.#rate, Math.min(this.#rate * factor, most));
  }

  #shrinkToStart(): void {
    this.#score = 0;
    if (this.#rate > PACE.start) this.#shrink(this.#rate, PACE.start);
  }

  /** `failed`: the rate at which something was lost. Never raises the rate, and never below `least`. */
  #shrink(failed: number, least: number): void {
    if (this.#fixed !== null) return;
    this.#epoch += 1;
    this.#rate = Math.min(this.#rate, Math.max(least, failed * SHRINK));
    this.#limit = Math.min(this.#limit, Math.max(least, failed * LIMIT.share));
    this.#score = 0;
    this.#sentForGrowth = 0;
    this.#sentForLimit = 0;
    this.#sentSinceShrink = 0;
  }
}
