import type { Rule, Stage } from '../engine/schema.ts';
import type { Candidate } from './candidate.ts';
import type { FieldReport } from './reports.ts';
import type { Advisory, FirmwareLine } from './schema.ts';

/** All that judges: rules in the order of their files, and the lines of the catalogue by id. */
export interface RuleBook {
  /** The rules in force. */
  readonly rules: readonly Rule[];
  readonly byStage: Readonly<Partial<Record<Stage, readonly Rule[]>>>;
  /** Ids of the rules whose refusal a stepping stone may lift. */
  readonly liftable: ReadonlySet<string>;
  /** Ids of the rules whose refusal a cable at the unit goes round. */
  readonly cable: ReadonlySet<string>;
  readonly lines: ReadonlyMap<number, FirmwareLine>;
  /** Every image of these lines. */
  readonly images: readonly Candidate[];
  /** The advisories that were public. */
  readonly advisories: readonly Advisory[];
  /** What was reported of updates of real units. */
  readonly reports: readonly FieldReport[];
  /** Every family that the catalogue names. */
  readonly families: ReadonlySet<string>;
  /** Whether a rule on described units asks for serial numbers as they are, and not for what is read from them. */
  readonly readsSerials: boolean;
  /** Ids of the rules whose refusal the operator may override. */
  readonly overridable: ReadonlySet<string>;
  /** Rules that do not refuse in this run, with the operator's reason. */
  readonly overridden: ReadonlyMap<string, string>;
  /** Hashes of files, in hex, that the operator has compared with those of the vendor. */
  readonly trusted: ReadonlySet<string>;
  /** Whether a file is refused whose hash neither the catalogue nor the operator knows. */
  readonly unknownRefused: boolean;
  /** The day whose knowledge judges; null = all that there is. */
  readonly asOf: string | null;
  /** sha256 over the files, the day, what is overridden and what is trusted, so that a plan says by which rules it was judged. */
  readonly hash: string;
}
