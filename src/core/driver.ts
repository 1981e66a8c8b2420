import type { Hop, StepName } from './hop.ts';
import type { StoredFile } from './image.ts';
import type { Look, LookContext } from './look.ts';
import type { Problem, ProblemJson } from './problem.ts';
import type { StartMethod, TransferMethod, UnitTarget } from './target.ts';
import type { Unit } from './unit.ts';

export interface Step {
  readonly step: StepName;
  /** The step ends within this many seconds of device time, whatever the device does. */
  readonly limitSeconds: number;
}

/**
 * State of a step, read from the device.
 * `todo`: may be executed. `running`: in progress. `failed`: tried, and known not to have succeeded.
 * `unknown`: the device does not show it. `problem` is set for `failed` and `unknown`.
 */
export interface StepCheck {
  readonly state: 'todo' | 'running' | 'done' | 'failed' | 'unknown';
  readonly problem: Problem | null;
  /** Value of the card's update object. Null: not readable. Absent: not read. */
  readonly object?: string | null;
}

/** Permission to make one start, given after the start line is on disk. */
export interface StartPermit {
  /**
   * False if more than two seconds have passed since the line was written, on the monotonic or the wall
   * clock: the process may have been suspended. The start must then not be sent; the step returns
   * `not-started`.
   */
  isFresh(): boolean;
}

/** One upload of an image of which bytes were sent. */
export interface Upload {
  readonly method: TransferMethod;
  /** In small pieces with pauses, after the card lost a part of a fast upload. */
  readonly small: boolean;
  /** Why the card does not have the whole image after it; null where it has. */
  readonly problem: ProblemJson | null;
}

/**
 * Result of a step.
 * `staged` (start only): the image is on the card and nothing was started; a person can start it.
 * `not-started` (transfer and start): nothing was sent, because the permit expired or the method is refused.
 * `done` with a problem (backup only): the copy is not complete.
 * `received` (settle only): the unit has the image and runs its old firmware until a person installs it.
 */
export interface StepResult {
  readonly state: 'done' | 'failed' | 'unknown' | 'staged' | 'not-started' | 'received';
  /** Method that was used: `ftp`, `scp`, `snmp`, `cli`, `xmodem`. */
  readonly method: string | null;
  readonly problem: Problem | null;
  /** The unit as last read, if the step read it (verify). */
  readonly unit?: Unit;
  /** The newest line of the card's event log (backup only). Newer lines belong to this update. */
  readonly eventMark?: string | null;
  /** Every upload of the image, the failed ones too (transfer only). */
  readonly uploads?: readonly Upload[];
}

export interface StepContext extends LookContext {
  readonly target: UnitTarget;
  /** The unit before the hop. */
  readonly before: Unit;
  readonly hop: Hop;
  readonly image: StoredFile;
  /** What the journal knows about earlier steps of this hop. It is never enough to assume success. */
  readonly remembered: {
    readonly transferred: { readonly method: string } | null;
    readonly startedAt: Date | null;
    /** Start method, if the journal has it. */
    readonly startedBy: string | null;
    /** The image was left on the card for a person to start. That person may have started it. */
    readonly staged: boolean;
    /** Every method that may have started this hop, in this attempt or an earlier one. */
    readonly startMethods: readonly (StartMethod | TransferMethod)[];
    /** The newest line of the card's event log before the start; null if it could not be read. */
    readonly eventMark: string | null;
    /**
     * Value of the update object right before the start; null = not known. Only a change shows the effect of
     * this start.
     */
    readonly objectBefore: string | null;
    /** The unit was seen to have received the image. Its card may no longer show it. */
    readonly received: boolean;
    /**
     * The error with which the card answered the start, or null. It does not prove that nothing was started.
     */
    readonly refusal: Problem | null;
  };
  /**
   * Requests permission for the start, right before the one request that makes it. Evaluates the unit again
   * if time has passed, then writes the start line. Throws if anything blocks the start; nothing may be sent
   * then.
   */
  readonly commit: (method: StartMethod | TransferMethod | 'xmodem') => Promise<StartPermit>;
  /** Records that the unit has received the image. */
  readonly received: () => Promise<void>;
  /** Keeps a file of the card in the folder of the run: its settings or its event log. */
  readonly keep: (name: string, bytes: Buffer) => Promise<void>;
  /** Reports progress from 0 to 1. `note` is printable text. */
  readonly progress: (fraction: number | null, note: string) => void;
}

/** What a driver can do for a hop. `warning`: the hop is possible, but a person must complete it. */
export type StepsAnswer =
  | { readonly possible: true; readonly steps: readonly Step[]; readonly warning?: Problem }
  | { readonly possible: false; readonly problem: Problem };

/**
 * Looks at a unit and executes steps over one transport. `look` and `query` only read; `steps` is pure.
 *
 * `execute` is called only after `query` returned `todo`. For `start` it sends at most one start, and only
 * after `context.commit()`. Once a start may have reached the device, no other method is tried.
 *
 * `execute` returns `failed` only if nothing was sent, or if a boot loader requests the image again. An error
 * answer of a card to a start gives `unknown`, because it proves nothing.
 *
 * `switchOutput` is called only for a unit whose operator allows it. `done` means that the unit itself
 * reports the new output state.
 */
export interface UpgradeDriver {
  look(target: UnitTarget, context: LookContext): Promise<Look>;
  steps(target: UnitTarget, unit: Unit, hop: Hop): StepsAnswer;
  query(step: StepName, context: StepContext): Promise<StepCheck>;
  execute(step: StepName, context: StepContext): Promise<StepResult>;
  switchOutput(to: 'on' | 'off', context: StepContext): Promise<StepResult>;
}
