import {
  type CardFile,
  isAllowed,
  isRefusal,
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
  /** All card files of the folder, including damaged ones. */
  readonly cardFiles: readonly CardFile[];
}

/**
 * Evaluates a unit with its card. `ups`: the UPS, with the card first if the card blocks the update and the
 * folder has the files that fix this. `card`: the card alone. `all`: the card, then the UPS behind the
 * updated card. Pure.
 */
export function judgeUnit(book: RuleBook, input: UnitJudgeInput): Verdict {
  const { component, cardFiles, transport } = input;
  if (component === 'ups' && (cardFiles.length === 0 || transport !== 'nmc')) return judgeUps(book, input);
  const card = judgeCard(book, { ...input, files: cardFiles });
  if (component === 'card') return cardAlone(card, input);
  if (component === 'all') return cardThenUps(book, input, card);
  const alone = judgeUps(book, input);
  return withCardFirst(book, input, alone, card) ?? noteUnusedFiles(alone, card);
}

function cardAlone(card: CardJudgement, { transport }: UnitJudgeInput): Verdict {
  const { status, hops, reasons } = card;
  return { status, target: null, hops, transport, wizard: null, reasons };
}

function cardThenUps(book: RuleBook, input: UnitJudgeInput, card: CardJudgement): Verdict {
  const ups = judgeUps(book, withUpdatedCard(input, card));
  if (card.hops.length > 0) return combined(card, ups);
  // Without a file for the card nothing is decided about it, which must not block the UPS.
  const reasons = card.reasons.map(
    (reason): Reason => (reason.code === 'CARD_FILES_MISSING' ? { ...reason, outcome: 'warn' } : reason),
  );
  return withReasons(ups, isAllowed(reasons) ? ups.status : blockedStatus(ups.status), reasons);
}

function withUpdatedCard(input: UnitJudgeInput, { after }: CardJudgement): UnitJudgeInput {
  return after === null ? input : { ...input, unit: { ...input.unit, card: after } };
}

/** The hops of the card before those of the UPS, if they remove a refusal by a card rule; else null. */
function withCardFirst(
  book: RuleBook,
  input: UnitJudgeInput,
  alone: Verdict,
  card: CardJudgement,
): Verdict | null {
  if (card.hops.length === 0 || alone.hops.length === 0) return null;
  const cardRules = new Set((book.byStage.card ?? []).map(({ id }) => id));
  const refusalsOf = ({ reasons }: Verdict): readonly string[] =>
    reasons.filter((reason) => cardRules.has(reason.rule) && isRefusal(reason)).map(({ rule }) => rule);
  const before = refusalsOf(alone);
  if (before.length === 0) return null;
  const updated = judgeUps(book, withUpdatedCard(input, card));
  const left = refusalsOf(updated);
  return left.length < before.length && left.every((rule) => before.includes(rule))
    ? combined(card, updated)
    : null;
}

/** One verdict on both. A UPS without hops does not block the update of its card. */
function combined(card: CardJudgement, ups: Verdict): Verdict {
  const nothingToDo = ups.hops.length === 0;
  const reasons = [...card.reasons, ...ups.reasons];
  const refused = nothingToDo ? !isAllowed(card.reasons) : !isAllowed(reasons);
  return {
    ...ups,
    status: refused ? 'blocked' : 'outdated',
    hops: [...card.hops, ...ups.hops],
    reasons: nothingToDo ? [...card.reasons, ...ups.reasons.map(asWarning)] : reasons,
  };
}

/** A refusal of a UPS update that is not planned becomes a warning. */
function asWarning(reason: Reason): Reason {
  return isRefusal(reason) ? { ...reason, outcome: 'warn' } : reason;
}

function blockedStatus(status: Status): Status {
  return status === 'outdated' || status === 'current' ? 'blocked' : status;
}

function withReasons(verdict: Verdict, status: Status, reasons: readonly Reason[]): Verdict {
  return { ...verdict, status, reasons: [...reasons, ...verdict.reasons] };
}

/** Adds a warning that names newer card files which this plan does not install. */
function noteUnusedFiles(alone: Verdict, card: CardJudgement): Verdict {
  if (card.hops.length === 0) return alone;
  const reason = builtIn(
    'CARD_FILES_NOT_USED',
    'warn',
    `the images folder has newer firmware for the card (${joinList(card.hops.map(({ image }) => image.file))}), which this plan does not install`,
    'To update the card, plan with --component card or --component all.',
  );
  return { ...alone, reasons: [...alone.reasons, reason] };
}
