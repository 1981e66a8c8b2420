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
import { judgeUps, type UpsJudgeInput } from './ups.ts';

export interface UnitJudgeInput extends UpsJudgeInput {
  readonly component: PlanComponent;
  /** The card files of the folder, damaged ones included. */
  readonly cardFiles: readonly CardFile[];
}

/**
 * Judges a unit with its card. `ups`: the UPS, and its card before it where the card is what stands against the update and the
 * folder holds what lifts that. `card`: the card alone. `all`: the card, then the UPS behind the card as it will be. Pure.
 */
export function judgeUnit(book: RuleBook, input: UnitJudgeInput): Verdict {
  const { component, cardFiles, transport } = input;
  if (component === 'ups' && (cardFiles.length === 0 || transport !== 'nmc')) return judgeUps(book, input);
  const card = judgeCard(book, { ...input, files: cardFiles });
  if (component === 'card') return cardAlone(card, input);
  if (component === 'all') return cardThenUps(book, input, card);
  const alone = judgeUps(book, input);
  return lifted(book, input, alone, card) ?? noteUnusedFiles(alone, card);
}

function cardAlone(card: CardJudgement, { transport }: UnitJudgeInput): Verdict {
  const { status, hops, reasons } = card;
  return { status, target: null, hops, transport, wizard: null, reasons };
}

function cardThenUps(book: RuleBook, input: UnitJudgeInput, card: CardJudgement): Verdict {
  const ups = judgeUps(book, behind(input, card));
  if (card.hops.length > 0) return joined(card, ups);
  // Without any file for the card there is nothing to decide about it, which takes nothing away from the UPS.
  const reasons = card.reasons.map(
    (reason): Reason => (reason.code === 'CARD_FILES_MISSING' ? { ...reason, outcome: 'warn' } : reason),
  );
  return withReasons(ups, isAllowed(reasons) ? ups.status : worse(ups.status), reasons);
}

function behind(input: UnitJudgeInput, { after }: CardJudgement): UnitJudgeInput {
  return after === null ? input : { ...input, unit: { ...input.unit, card: after } };
}

/** The card's hops before those of the UPS, where they lift something that the card puts in its way; null where they do not. */
function lifted(book: RuleBook, input: UnitJudgeInput, alone: Verdict, card: CardJudgement): Verdict | null {
  if (card.hops.length === 0 || alone.hops.length === 0) return null;
  const aboutCard = new Set((book.byStage.card ?? []).map(({ id }) => id));
  const blocking = ({ reasons }: Verdict): readonly string[] =>
    reasons.filter(({ rule, outcome }) => aboutCard.has(rule) && isAgainst(outcome)).map(({ rule }) => rule);
  const before = blocking(alone);
  if (before.length === 0) return null;
  const then = judgeUps(book, behind(input, card));
  const left = blocking(then);
  return left.length < before.length && left.every((rule) => before.includes(rule))
    ? joined(card, then)
    : null;
}

function isAgainst(outcome: Reason['outcome']): boolean {
  return outcome === 'block' || outcome === 'unknown';
}

/** One verdict on both. A UPS without hops of its own does not keep its card from being brought up to date. */
function joined(card: CardJudgement, ups: Verdict): Verdict {
  const nothingToDo = ups.hops.length === 0;
  const reasons = [...card.reasons, ...ups.reasons];
  const isBlocked = nothingToDo ? !isAllowed(card.reasons) : !isAllowed(reasons);
  return {
    ...ups,
    status: isBlocked ? 'blocked' : 'outdated',
    hops: [...card.hops, ...ups.hops],
    reasons: nothingToDo ? [...card.reasons, ...ups.reasons.map(asWarning)] : reasons,
  };
}

/** What stands against an update of the UPS that is not planned is worth a word, and no more. */
function asWarning(reason: Reason): Reason {
  return isAgainst(reason.outcome) ? { ...reason, outcome: 'warn' } : reason;
}

function worse(status: Status): Status {
  return status === 'outdated' || status === 'current' ? 'blocked' : status;
}

function withReasons(verdict: Verdict, status: Status, reasons: readonly Reason[]): Verdict {
  return { ...verdict, status, reasons: [...reasons, ...verdict.reasons] };
}

/** Newer files for the card that this plan does not send are named. */
function noteUnusedFiles(alone: Verdict, card: CardJudgement): Verdict {
  if (card.hops.length === 0) return alone;
  const note = builtIn(
    'CARD_FILES_NOT_USED',
    'warn',
    `the folder holds newer firmware for the card (${joinList(card.hops.map(({ image }) => image.file))}), which this plan does not send`,
    'Plan with --component card or --component all to bring the card up to date.',
  );
  return { ...alone, reasons: [...alone.reasons, note] };
}
