import type { Image, Reason } from '../../core/index.ts';
import { candidateOf } from '../catalogue/candidate.ts';
import type { RuleBook } from '../catalogue/rule-book.ts';
import type { Fact } from '../engine/evaluate.ts';
import { evaluateStages } from '../engine/stages.ts';
import { hopFacts } from '../facts/hop.ts';

export interface RecoveryInput {
  readonly image: Image;
  /** The Micro-Link id that the operator says the unit has. */
  readonly expectId: number;
  /** What the boot loader prints, line after line; empty where it only asks. */
  readonly banner: readonly string[];
  /** It names itself as the boot loaders of these units do. */
  readonly isNamed: boolean;
}

/** What stands against sending an image to a unit that waits in its boot loader. Pure. */
export function judgeRecovery(book: RuleBook, input: RecoveryInput): readonly Reason[] {
  const { image, expectId, banner, isNamed } = input;
  // It runs no version: what a version would answer is not known.
  const at = { microLinkId: expectId, version: '' };
  const facts = new Map<string, Fact>([
    ...hopFacts(book, at, candidateOf(image), [], 'serial'),
    ['unit.microLinkId', String(expectId)],
    ['recovery.banner', banner.join('; ') || 'nothing but its wish for an image'],
    ['recovery.bannerKnown', isNamed],
  ]);
  return evaluateStages(book, facts, ['recovery']).reasons;
}
