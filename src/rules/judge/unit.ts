import {
  type CardFile,
  isAllowed,
  joinList,
  type PlanComponent,
  type Reason,
  type Status,
  type Verdict,
} from '../../core/index.ts';
import type { RuleBook } from '../catalogue/rule-book.ts';
import { builtIn } from '../engine/built-in.ts';
import { type CardJudgement, judgeCard } from './card.ts';
import { judgeUps, type UpsJudgeInput, type UpsJudgement } from './ups.ts';

export interface UnitJudgeInput extends UpsJudgeInput {
  readonly component: PlanComponent;
  /** The card files of the folder, damaged ones included. */
  readonly cardFiles: readonly CardFile[];
}

/**
 * Judges a unit with its card. `ups`: the UPS, and its card before it where the card is what stands against the update and the
 * folder holds what lifts that. `card`: the card alone. `all`: the card, then the UPS behind the card as it will be. Pure.
 */
export function judgeUnit(book: RuleBook, input: UnitJudgeInput): UpsJudgement {
  const { component, cardFiles, transport } = input;
  if (component === 'ups' && (cardFiles.length === 0 || transport !== 'nmc')) return judgeUps(book, input);
  const card = judgeCard(book, { ...input, files: cardFiles });
  if (component === 'card') return cardAlone(card, input);
  if (component === 'all') return cardThenUps(book, input, card);
  const alone = judgeUps(book, input);
  return lifted(book, input, alone, card) ?? noteUnusedFiles(alone, card);
}

function cardAlone(card: CardJudgement, { transport }: UnitJudgeInput): UpsJudgement {
  const { status, hops, files, reasons } = card;
  return {
    verdict: { status, target: null, hops, transport: transport, wizard: null, reasons },
    images: files,
  };
}

function cardThenUps(book: RuleBook, input: UnitJudgeInput, card: CardJudgement): UpsJudgement {
  const ups = judgeUps(book, behind(input, card));
  if (card.hops.length > 0) return joined(card, ups);
  // Without any file for the card there is nothing to decide about it, which takes nothing away from the UPS.
  const reasons = card.reasons.map(
    (reason): Reason => (reason.code === 'CARD_FILES_MISSING' ? { ...reason, outcome: 'warn' } : reason),
  );
  return withReasons(ups, isAllowed(reasons) ? ups.verdict.status : worse(ups.verdict.status), reasons);
}

function behind(input: UnitJudgeInput, { after }: CardJudgement): UnitJudgeInput {
  return after === null ? input : { ...input, unit: { ...input.unit, card: after } };
}

/** The card's hops before those of the UPS, where they lift something that the card puts in its way; null where they do not. */
function lifted(
  book: RuleBook,
  input: UnitJudgeInput,
  alone: UpsJudgement,
  card: CardJudgement,
): UpsJudgement | null {
  if (card.hops.length === 0 || alone.verdict.hops.length === 0) return null;
  const aboutCard = new Set((book.byStage.card ?? []).map(({ id }) => id));
  const standing = ({ verdict }: UpsJudgement): readonly string[] =>
    verdict.reasons
      .filter(({ rule, outcome }) => aboutCard.has(rule) && isAgainst(outcome))
      .map(({ rule }) => rule);
  const before = standing(alone);
  if (before.length === 0) return null;
  const then = judgeUps(book, behind(input, card));
  const left = standing(then);
  return left.length < before.length && left.every((rule) => before.includes(rule))
    ? joined(card, then)
    : null;
}

function isAgainst(outcome: Reason['outcome']): boolean {
  return outcome === 'block' || outcome === 'unknown';
}

/** One verdict on both. A UPS without hops of its own does not keep its card from being brought up to date. */
function joined(card: CardJudgement, ups: UpsJudgement): UpsJudgement {
  const { verdict } = ups;
  const nothingToDo = verdict.hops.length === 0;
  const reasons = [...card.reasons, ...verdict.reasons];
  const stands = nothingToDo ? !isAllowed(card.reasons) : !isAllowed(reasons);
  const merged: Verdict = {
    ...verdict,
    status: stands ? 'blocked' : 'outdated',
    hops: [...card.hops, ...verdict.hops],
    reasons: nothingToDo ? [...card.reasons, ...verdict.reasons.map(asWarning)] : reasons,
  };
  return { verdict: merged, images: [...card.files, ...ups.images] };
}

/** What stands against an update of the UPS that is not planned is worth a word, and no more. */
function asWarning(reason: Reason): Reason {
  return isAgainst(reason.outcome) ? { ...reason, outcome: 'warn' } : reason;
}

function worse(status: Status): Status {
  return status === 'outdated' || status === 'current' ? 'blocked' : status;
}

function withReasons(judged: UpsJudgement, status: Status, reasons: readonly Reason[]): UpsJudgement {
  const { verdict, images } = judged;
  return { verdict: { ...verdict, status, reasons: [...reasons, ...verdict.reasons] }, images };
}

/** Newer files for the card that this plan leaves alone are named. */
function noteUnusedFiles(alone: UpsJudgement, card: CardJudgement): UpsJudgement {
  if (card.files.length === 0) return alone;
  const word = builtIn(
    'CARD_FILES_NOT_USED',
    'warn',
    `the folder holds newer firmware for the card (${joinList(card.files.map(({ file }) => file))}), which this plan does not send`,
    'Plan with --component card or --component all to bring the card up to date.',
  );
  const { verdict, images } = alone;
  return { verdict: { ...verdict, reasons: [...verdict.reasons, word] }, images };
}
