import {
  type Clock,
  Problem,
  type StartMethod,
  type StartPermit,
  type TransferMethod,
} from '../core/index.ts';

/** How a start may be made. */
export type CommitMethod = StartMethod | TransferMethod | 'xmodem';

/** A moment on both clocks: the monotonic one stands still while a machine sleeps, the wall clock can be set. */
export interface Moment {
  readonly monotonic: number;
  readonly wall: number;
}

export function momentOf(clock: Clock): Moment {
  return { monotonic: clock.monotonic(), wall: clock.now().getTime() };
}

/** Milliseconds since a moment by the clock that moved most. A wall clock that was set back counts as time that went by. */
function millisecondsSince(moment: Moment, clock: Clock): number {
  const now = momentOf(clock);
  return Math.max(now.monotonic - moment.monotonic, Math.abs(now.wall - moment.wall));
}

/** A start must leave within this time after its line is on disk. */
const FRESH_MS = 2000;
/** What was read of the unit longer ago than this is read again before the line is written. */
const JUDGED_MS = 10_000;
const MOST_JUDGMENTS = 3;

export interface StartGateOptions {
  readonly clock: Clock;
  /** When the judgment that the start goes by began to read the unit. */
  readonly judgedAt: Moment;
  /** Throws where something speaks against a start at this moment; `again`: the last judgment is too old to count. */
  readonly judge: (again: boolean) => Promise<void>;
  /** Writes the line that the start follows. Resolves when it is on disk. */
  readonly write: (method: CommitMethod) => Promise<void>;
  /** Writes that a start of which the line is on disk was not made, or was refused for certain. */
  readonly takeBack: () => Promise<void>;
}

/**
 * The point of no return of one start step. The request may leave only behind {@link StartGate.commit}: the unit was judged
 * within the last ten seconds, the line is on disk, and it was written within the last two seconds.
 */
export class StartGate {
  readonly #options: StartGateOptions;
  #judged: Moment;
  #isCommitted = false;
  #isClosed = false;
  #refused: { readonly why: unknown } | null = null;
  #method: CommitMethod | null = null;

  constructor(options: StartGateOptions) {
    this.#options = options;
    this.#judged = options.judgedAt;
  }

  /** Whether the line of a start is on disk that may have been made. */
  get committed(): boolean {
    return this.#isCommitted;
  }

  /** How the start was made for which a line is on disk; null where there is none. */
  get method(): CommitMethod | null {
    return this.committed ? this.#method : null;
  }

  /** Why a start was not allowed; null where none was asked for in vain. After a refusal nothing was sent. */
  get refused(): { readonly why: unknown } | null {
    return this.#refused;
  }

  async commit(method: CommitMethod): Promise<StartPermit> {
    const { clock, judge, write, takeBack } = this.#options;
    try {
      if (this.#refused !== null) throw tooLate();
      this.#refuseClosed();
      // An earlier method was refused for certain: its line is answered before the next one is written.
      if (this.#isCommitted) {
        await takeBack();
        this.#isCommitted = false;
      }
      await judge(false);
      // The process may sleep in the middle of a judgment, too.
      for (let count = 0; millisecondsSince(this.#judged, clock) > JUDGED_MS; count += 1) {
        this.#refuseClosed();
        if (count === MOST_JUDGMENTS) throw tooSlow();
        const begun = momentOf(clock);
        await judge(true);
        this.#judged = begun;
      }
      this.#refuseClosed();
      const written = momentOf(clock);
      await write(method);
      if (this.#isClosed) await takeBack();
      this.#refuseClosed();
      this.#isCommitted = true;
      this.#method = method;
      return {
        isFresh: () => !this.#isClosed && millisecondsSince(written, clock) <= FRESH_MS,
      };
    } catch (why) {
      this.#refused ??= { why };
      throw why;
    }
  }

  /** The step is over, or was given up: no start is allowed any more, and one that is allowed already must not leave. */
  close(): void {
    this.#isClosed = true;
  }

  /** A step that was given up must not start anything behind the back of the run. */
  #refuseClosed(): void {
    if (this.#isClosed) throw tooLate();
  }
}

function tooSlow(): Problem {
  return new Problem(
    'refused/stopped',
    `The unit could not be judged within ${JUDGED_MS / 1000} seconds before its start, ${MOST_JUDGMENTS} times.`,
    { hint: 'Nothing was started. This machine or the network is too slow now; run upsfw resume later.' },
  );
}

function tooLate(): Problem {
  return new Problem('refused/stopped', 'The start step was given up before its request left.', {
    hint: 'Nothing was started. upsfw resume goes on with the unit.',
  });
}
