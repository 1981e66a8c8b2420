import {
  type Clock,
  Problem,
  type StartMethod,
  type StartPermit,
  type TransferMethod,
} from '../core/index.ts';

/** How a start is requested. */
export type CommitMethod = StartMethod | TransferMethod | 'xmodem';

/** A moment on both clocks: the monotonic clock stops while a machine sleeps, the wall clock can be set. */
export interface Moment {
  readonly monotonic: number;
  readonly wall: number;
}

export function momentOf(clock: Clock): Moment {
  return { monotonic: clock.monotonic(), wall: clock.now().getTime() };
}

/**
 * Milliseconds since a moment, by the clock that moved most. A wall clock that was set back counts as well.
 */
function millisecondsSince(moment: Moment, clock: Clock): number {
  const now = momentOf(clock);
  return Math.max(now.monotonic - moment.monotonic, Math.abs(now.wall - moment.wall));
}

/** A start must be sent within this time after its line is on disk. */
const MAX_PERMIT_AGE_MS = 2000;
/** A unit that was read longer ago is checked again before the line is written. */
const MAX_CHECK_AGE_MS = 10_000;
const MAX_CHECKS = 3;

export interface StartGateOptions {
  readonly clock: Clock;
  /** When the last check before the start began to read the unit. */
  readonly checkedAt: Moment;
  /** Throws if anything refuses a start now. `again`: the last check is too old. */
  readonly check: (again: boolean) => Promise<void>;
  /** Writes the line of the start. Resolves when it is on disk. */
  readonly write: (method: CommitMethod) => Promise<void>;
  /** Records that a start with a line on disk was not made, or was certainly refused. */
  readonly retract: () => Promise<void>;
}

/**
 * The point of no return of one start step. The request may only be sent after {@link StartGate.commit}:
 * the unit was checked within the last ten seconds, and the line was written to disk within the last two.
 */
export class StartGate {
  readonly #options: StartGateOptions;
  #checkedAt: Moment;
  #isCommitted = false;
  #isClosed = false;
  #refused: { readonly why: unknown } | null = null;
  #method: CommitMethod | null = null;

  constructor(options: StartGateOptions) {
    this.#options = options;
    this.#checkedAt = options.checkedAt;
  }

  /** Whether the line of a start is on disk, so that the start may have been made. */
  get committed(): boolean {
    return this.#isCommitted;
  }

  /** The method of the start with a line on disk; null without one. */
  get method(): CommitMethod | null {
    return this.committed ? this.#method : null;
  }

  /** Why a start was refused; null if none was. After a refusal, nothing is sent. */
  get refused(): { readonly why: unknown } | null {
    return this.#refused;
  }

  async commit(method: CommitMethod): Promise<StartPermit> {
    const { clock, check, write, retract } = this.#options;
    try {
      if (this.#refused !== null) throw tooLate();
      this.#refuseClosed();
      // The device refused an earlier method, which is recorded before the next line.
      if (this.#isCommitted) {
        await retract();
        this.#isCommitted = false;
      }
      await check(false);
      // The process may also sleep during a check.
      for (let checks = 0; millisecondsSince(this.#checkedAt, clock) > MAX_CHECK_AGE_MS; checks += 1) {
        this.#refuseClosed();
        if (checks === MAX_CHECKS) throw tooSlow();
        const begun = momentOf(clock);
        await check(true);
        this.#checkedAt = begun;
      }
      this.#refuseClosed();
      const written = momentOf(clock);
      await write(method);
      if (this.#isClosed) await retract();
      this.#refuseClosed();
      this.#isCommitted = true;
      this.#method = method;
      return {
        isFresh: () => !this.#isClosed && millisecondsSince(written, clock) <= MAX_PERMIT_AGE_MS,
      };
    } catch (why) {
      this.#refused ??= { why };
      throw why;
    }
  }

  /** Ends the start step. No start is permitted from now on, and a permitted one must not be sent. */
  close(): void {
    this.#isClosed = true;
  }

  /** A step that ended or timed out must not start anything. */
  #refuseClosed(): void {
    if (this.#isClosed) throw tooLate();
  }
}

function tooSlow(): Problem {
  return new Problem(
    'refused/stopped',
    `The checks before the start took longer than ${MAX_CHECK_AGE_MS / 1000} seconds, ${MAX_CHECKS} times. Nothing was started.`,
    { hint: 'This machine or the network is too slow now. Run upsfw resume later.' },
  );
}

function tooLate(): Problem {
  return new Problem(
    'refused/stopped',
    'The start step ended before its request was sent. Nothing was started.',
    {
      hint: 'To continue: upsfw resume.',
    },
  );
}
