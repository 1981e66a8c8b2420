import type { Rule, Stage } from '../engine/schema.ts';
import type { Candidate } from './candidate.ts';
import type { CardData } from './cards.ts';
import type { FieldReport } from './reports.ts';
import type { Advisory, FirmwareLine } from './schema.ts';

/**
 * Everything that is needed for evaluation: rules in the order of their files, and the catalogue by
 * Micro-Link ID.
 */
export interface RuleBook {
  /** The rules in force. */
  readonly rules: readonly Rule[];
  readonly byStage: Readonly<Partial<Record<Stage, readonly Rule[]>>>;
  /** Ids of the rules whose refusal an intermediate hop can remove. */
  readonly liftable: ReadonlySet<string>;
  /** Ids of the rules whose refusal does not apply over a cable. */
  readonly cable: ReadonlySet<string>;
  readonly lines: ReadonlyMap<number, FirmwareLine>;
  /** Every image of these lines. */
  readonly images: readonly Candidate[];
  /** The advisories for UPS firmware that were public. */
  readonly advisories: readonly Advisory[];
  /** What was known of cards, with their advisories. */
  readonly cards: CardData;
  /** The day by which each image of the whole catalogue was public, by SHA-256, whatever `asOf` is. */
  readonly publicBy: ReadonlyMap<string, string>;
  /** Reports of updates of real units. */
  readonly reports: readonly FieldReport[];
  /** Every family in the catalogue. */
  readonly families: ReadonlySet<string>;
  /**
   * Whether a rule about described units uses the serial number itself, not only the facts derived from it.
   */
  readonly readsSerials: boolean;
  /** The facts about a unit that the rules about hops read. */
  readonly hopReads: readonly string[];
  /** Ids of the rules that the operator may override. */
  readonly overridable: ReadonlySet<string>;
  /** Rules that do not refuse in this run, with the operator's reason. */
  readonly overridden: ReadonlyMap<string, string>;
  /** SHA-256 hashes in hex of files that the operator has verified. */
  readonly trusted: ReadonlySet<string>;
  /** Whether files are refused whose hash is neither in the catalogue nor in `trusted`. */
  readonly unknownRefused: boolean;
  /** Evaluate with what was public on this day; null = everything. */
  readonly asOf: string | null;
  /** SHA-256 over rule files, date, overrides and trusted hashes; identifies the rules behind a plan. */
  readonly hash: string;
}
