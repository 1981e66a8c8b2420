import type { Hop, StepName } from './hop.ts';
import type { StoredFile } from './image.ts';
import type { Look, LookContext } from './look.ts';
import type { Problem } from './problem.ts';
import type { StartMethod, TransferMethod, UnitTarget } from './target.ts';
import type { Unit } from './unit.ts';

export interface Step {
  readonly step: StepName;
  /** True for the one act that cannot be taken back. */
  readonly commits: boolean;
  /** The step ends within this time, in seconds of the device's clock, whatever the device does. */
  readonly limitSeconds: number;
}

/**
 * How a step stands, asked of the device.
 * `todo`: not done, may be taken; `running`: the device is at it; `done`; `failed`: tried, and known not to have
 * succeeded; `unknown`: cannot be told. `problem` is given with `failed` and `unknown`.
 */
export interface StepCheck {
  readonly state: 'todo' | 'running' | 'done' | 'failed' | 'unknown';
  readonly problem: Problem | null;
  /** Value of the card's update object at this check; null where it could not be read, absent where it was not asked. */
  readonly object?: string | null;
}

/** Leave to make one start, given when its line is on disk. */
export interface StartPermit {
  /**
   * False when more than two seconds went by since the line was written, by the monotonic or by the wall clock: the process
   * may have slept. The start must not leave then; the step answers `not-started`.
   */
  isFresh(): boolean;
}

/**
 * What came of a step. `staged` (start only): the image lies on the card, nothing was started, and a person can start it.
 * `not-started` (start only): the permit expired before the request left; nothing was sent. `received` (settle only): the unit has the image and runs its old firmware until somebody has it installed.
 */
export interface StepResult {
  readonly state: 'done' | 'failed' | 'unknown' | 'staged' | 'not-started' | 'received';
  /** How it was done: `ftp`, `scp`, `snmp`, `cli`, `xmodem`. */
  readonly method: string | null;
  readonly problem: Problem | null;
  /** The unit as looked at last, where the step looked (verify). */
  readonly unit?: Unit;
  /** The newest line of the card's event log (backup only): what stands above it later is about this update. */
  readonly eventMark?: string | null;
}

export interface StepContext extends LookContext {
  readonly target: UnitTarget;
  /** The unit as it was before the hop. */
  readonly before: Unit;
  readonly hop: Hop;
  readonly image: StoredFile;
  /** What the journal holds of earlier steps of this hop. Memory, so it never says yes alone. */
  readonly remembered: {
    readonly transferred: { readonly method: string } | null;
    readonly startedAt: Date | null;
    /** The way the start was made, where the journal got to hold it. */
    readonly startedBy: string | null;
    /** The image was left on the card for a person to start, who may have done so. */
    readonly staged: boolean;
    /** Every way that a start of this hop may have been made by, in this attempt or an earlier one. */
    readonly startMethods: readonly (StartMethod | TransferMethod)[];
    /** The newest line of the card's event log before the start; null where it could not be read. */
    readonly eventMark: string | null;
    /** Value of the update object right before the start: only a change of it is about this start. Null = not known. */
    readonly objectBefore: string | null;
    /** The unit was seen to have received the image; its card may have forgotten that since. */
    readonly received: boolean;
    /** The card answered the start with an error, which proves nothing; null where it did not. */
    readonly refusal: Problem | null;
  };
  /**
   * Asks for leave to make the start, right before the one request that makes it. Judges the unit once more where time went
   * by, then writes the line that the start follows. Throws where something speaks against the start: nothing may be sent then.
   */
  readonly commit: (method: StartMethod | TransferMethod | 'xmodem') => Promise<StartPermit>;
  /** Writes down that the unit was seen to have received the image. */
  readonly received: () => Promise<void>;
  /** Keeps a file of the card in the folder of the run: its settings, its event log. */
  readonly keep: (name: string, bytes: Buffer) => Promise<void>;
  /** Called with 0 to 1 as a step moves on; `recordStep` is text fit for printing. */
  readonly progress: (fraction: number | null, note: string) => void;
}

/** What a path says about a hop before anything is done. `warning`: it can be taken, and not to its end without a person. */
export type StepsAnswer =
  | { readonly possible: true; readonly steps: readonly Step[]; readonly warning?: Problem }
  | { readonly possible: false; readonly problem: Problem };

/**
 * A way to a unit. `look` only reads. `steps` is pure. `check` asks the device how a step stands, and only reads.
 * `take` does the step, and is called only after `check` said `todo`. `take` of the committing step makes a start only behind
 * `context.commit()`, makes at most one, and never repeats it by another way once a start may have reached the device. It
 * answers `failed` only where nothing was sent, or where a boot loader asks for the image again: an error answer of a card to a
 * start is `unknown`, because it proves nothing. `switchOutput` is
 * called only for a unit whose operator said so; `done` means that the unit itself says that its output is so.
 */
export interface UpgradeDriver {
  look(target: UnitTarget, context: LookContext): Promise<Look>;
  steps(target: UnitTarget, unit: Unit, hop: Hop): StepsAnswer;
  query(step: StepName, context: StepContext): Promise<StepCheck>;
  execute(step: StepName, context: StepContext): Promise<StepResult>;
  switchOutput(to: 'on' | 'off', context: StepContext): Promise<StepResult>;
}
