import type { ProblemJson } from './problem.ts';
import type { ServiceLook } from './services.ts';
import type { Unit } from './unit.ts';

/** One command of a recording with its answer. The lines are as received; nothing has been removed. */
export interface RecordedCommand {
  readonly command: string;
  /** Folder in which the command was given, such as `/`. */
  readonly folder: string;
  /** The answer describes the current moment and changes later. */
  readonly live: boolean;
  readonly code: string | null;
  /** Null if no answer came. */
  readonly lines: readonly string[] | null;
  readonly milliseconds: number;
  readonly problem: ProblemJson | null;
}

/** An object read over SNMP. Null: the card does not have it, or its form is not known. */
export interface RecordedObject {
  readonly name: string;
  readonly oid: string;
  readonly value: string | number | null;
}

/** Everything read from one card. It identifies the owner, so it never leaves the process in this form. */
export interface Recording {
  readonly at: Date;
  readonly unit: Unit;
  readonly services: ServiceLook;
  /** Null if SNMP was not used or did not answer. */
  readonly objects: readonly RecordedObject[] | null;
  readonly commands: readonly RecordedCommand[];
  /** What could not be read, and why. */
  readonly missing: readonly { readonly what: string; readonly problem: ProblemJson }[];
}
