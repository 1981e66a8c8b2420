import type { Image, Reason } from '../../core/index.ts';
import { candidateOf } from '../catalogue/candidate.ts';
import type { RuleBook } from '../catalogue/rule-book.ts';
import type { Fact } from '../engine/evaluate.ts';
import { evaluateStages } from '../engine/stages.ts';
import { hopFacts } from '../facts/hop.ts';

export interface RecoveryInput {
  readonly image: Image;
  /** The Micro-Link ID that the operator names. */
  readonly expectId: number;
  /** The lines that the boot loader prints; empty if it only requests an image. */
  readonly banner: readonly string[];
  /** The lines identify a boot loader of these units. */
  readonly isNamed: boolean;
}

/** Evaluates an image for a unit that waits in its boot loader. Pure. */
export function judgeRecovery(book: RuleBook, input: RecoveryInput): readonly Reason[] {
  const { image, expectId, banner, isNamed } = input;
  // The unit runs no firmware, so facts about its version are not known.
  const at = { microLinkId: expectId, version: '' };
  const facts = new Map<string, Fact>([
    ...hopFacts(book, at, candidateOf(image), [], 'serial'),
    ['unit.microLinkId', String(expectId)],
    ['recovery.banner', banner.join('; ') || 'no text, only the request for an image'],
    ['recovery.bannerKnown', isNamed],
  ]);
  return evaluateStages(book, facts, ['recovery']).reasons;
}
