import type {
  OutputState,
  Plan,
  ProblemJson,
  Reason,
  StepName,
  StepState,
  Transport,
  UnitOutcome,
  Upload,
  WorkOrder,
} from '../core/index.ts';
import type { Advisory, DocumentHead, LeftOutFile } from './documents.ts';

/** The JSON documents of a plan and of a run; docs/json.md describes them. */

/** What a plan was made with; it is executed with the same, or not at all. Paths are absolute. */
export interface PlanOrigin {
  readonly inventory: {
    readonly file: string;
    /** Of the bytes of the file. */
    readonly sha256: string;
    /** A hash of the entry of each planned unit, by its key. */
    readonly entries: Readonly<Record<string, string>>;
  };
  /** Null where no folder was named. */
  readonly images: string | null;
  /** Rule files of the operator. */
  readonly rules: readonly string[];
  readonly override: readonly { readonly rule: string; readonly reason: string }[];
  /** The day of `--as-of`; null without it. A plan with a day cannot be executed. */
  readonly asOf: string | null;
}

export interface PlanDocument extends DocumentHead<'plan'>, Plan {
  /** SHA-256 over everything else in this document, see `contentHash`. */
  readonly digest: string;
  readonly madeWith: PlanOrigin;
  /** Groups of units with the same load, by key: two of a group are never updated together. */
  readonly protects: readonly (readonly string[])[];
  /** By the key of the unit. */
  readonly advisories: Readonly<Record<string, readonly Advisory[]>>;
  /** Files of the folder that were not used because of `--as-of`; absent in a plan of an older version. */
  readonly leftOut?: readonly LeftOutFile[] | undefined;
  /** Work for people on site; each has the key of its unit. */
  readonly workOrders: readonly WorkOrder[];
}

export type RunOutcome = UnitOutcome | 'pending';

export interface RunFirmware {
  readonly raw: string | null;
  readonly version: string | null;
  readonly microLinkId: number | null;
}

/** The copy of settings and event log of a card before a hop. */
export interface RunBackup {
  readonly complete: boolean;
  /** What could not be saved; null where everything was. */
  readonly problem: ProblemJson | null;
}

export interface RunHop {
  readonly image: string;
  readonly transport: Transport;
  /** Null where no backup was tried, or it has not ended. */
  readonly backup: RunBackup | null;
  /** How the image was sent; null = not sent. */
  readonly transfer: string | null;
  /** Every upload of the image of which bytes were sent, the failed ones too. */
  readonly uploads: readonly Upload[];
  /** How the start was requested; null = not requested, or not known. */
  readonly start: string | null;
  /** The device answered the request with an error. A later update may have been started by somebody else. */
  readonly startRefused: boolean;
  readonly step: StepName | null;
  readonly state: StepState | null;
  readonly seconds: number | null;
}

/** The current answer of a device, beside the journal. */
export interface RunNow {
  /**
   * `same`: the unit of the plan; `other`: another serial number; `unidentified`: a device answers, but its
   * identity is not known; `silent`: no answer.
   */
  readonly answers: 'same' | 'other' | 'unidentified' | 'silent';
  readonly serial: string | null;
  /** Null where the unit of the plan did not report it. */
  readonly firmware: RunFirmware | null;
  /** `waiting`: it has an image and installs it later. `unknown`: not asked or not reported. */
  readonly activity: 'idle' | 'updating' | 'waiting' | 'unknown';
  /** Why the activity is not known; null where it is. */
  readonly note: string | null;
  readonly problem: ProblemJson | null;
}

export interface RunUnit {
  readonly site: string;
  readonly name: string;
  readonly host: string | null;
  readonly serial: string | null;
  readonly simulated: boolean;
  readonly before: RunFirmware | null;
  readonly after: RunFirmware | null;
  readonly outcome: RunOutcome;
  readonly hops: readonly RunHop[];
  /**
   * What the run did to the output; null = nothing. `on`: switched off and on again. `not-switched`: it was
   * never switched. All other values: the output may be off.
   */
  readonly output: OutputState | null;
  /** The current answer of the device; null where it was not asked. */
  readonly now: RunNow | null;
  /** The status of each known advisory for the current firmware. */
  readonly advisories: readonly Advisory[];
  readonly problem: ProblemJson | null;
  /** The answers of the rules; they show why a unit was refused. */
  readonly reasons: readonly Reason[];
}

/** The number of units with each outcome. */
export type RunCounts = Readonly<Record<RunOutcome, number>>;

/**
 * `running`: a process executes the run. `interrupted`: it did not end, and no process executes it.
 * `stopped`: it ended before its last unit, because of the operator, a pause or a full disk.
 */
export type RunState = 'running' | 'interrupted' | 'stopped' | 'done';

/** How the last process ended that executed a run. */
export interface RunEnded {
  /** `no-record`: a crash, a kill or a power loss. `not-known`: the journal cannot show it. */
  readonly how: 'recorded' | 'no-record' | 'not-known';
  /** Null unless recorded. */
  readonly exitCode: number | null;
  /** ISO 8601, UTC; null unless recorded. */
  readonly at: string | null;
}

export interface RunDocument extends DocumentHead<'run'> {
  readonly run: string;
  readonly state: RunState;
  /** Why the run paused and started no further unit; null where it did not pause. */
  readonly paused: ProblemJson | null;
  readonly units: readonly RunUnit[];
  readonly counts: RunCounts;
  /** A problem of the journal: it is damaged, or a line could not be written. Null without one. */
  readonly problem: ProblemJson | null;
  /** Null while a process executes the run. */
  readonly ended: RunEnded | null;
  readonly exitCode: number;
}
