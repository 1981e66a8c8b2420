import type { ProblemJson } from './problem.ts';
import type { ServiceLook } from './services.ts';
import type { Unit } from './unit.ts';

/** One command of a recording, and what the card answered. Lines are as they came: nothing is taken out of them yet. */
export interface RecordedCommand {
  readonly command: string;
  /** Where it was given: `/`, or the folder that was gone into before. */
  readonly folder: string;
  /** The answer comes from what the unit is at now, and is another one later. */
  readonly live: boolean;
  readonly code: string | null;
  /** Null where no answer came. */
  readonly lines: readonly string[] | null;
  readonly milliseconds: number;
  readonly problem: ProblemJson | null;
}

/** An object that was read over SNMP; null = the card does not have it, or its form is not known. */
export interface RecordedObject {
  readonly name: string;
  readonly oid: string;
  readonly value: string | number | null;
}

/** Everything that was read of one card. It holds what identifies its owner, so it never leaves the process as it is. */
export interface Recording {
  readonly at: Date;
  readonly unit: Unit;
  readonly services: ServiceLook;
  /** Null where SNMP was not asked or did not answer. */
  readonly objects: readonly RecordedObject[] | null;
  readonly commands: readonly RecordedCommand[];
  /** What could not be read, and why. */
  readonly missing: readonly { readonly what: string; readonly problem: ProblemJson }[];
}
