import { isRefusal, type Reason, type WorkItem } from '../../core/index.ts';
import type { RuleBook } from '../catalogue/rule-book.ts';
import type { Fact } from '../engine/evaluate.ts';
import type { Rule } from '../engine/schema.ts';
import { evaluateStages } from '../engine/stages.ts';
import { toItem } from './port.ts';

/** Work items about the current condition of a unit. */
export interface ConditionItems {
  /** What must be cleared before the update. */
  readonly first: readonly WorkItem[];
  /** What could not be read remotely. */
  readonly unknown: readonly WorkItem[];
  readonly notes: readonly WorkItem[];
}

/** The output settings of the inventory do not apply to an update with the wizard. */
const NO_OUTPUT_SETTINGS: readonly (readonly [string, Fact])[] = [
  ['operator.output', 'as-it-is'],
  ['operator.feeds', 'an unknown load (no feeds in the inventory)'],
];

/** Evaluates the start rules. A rule is skipped if it is not known whether it applies to the unit. */
export function conditionItems(book: RuleBook, facts: ReadonlyMap<string, Fact>): ConditionItems {
  const now = new Map([...facts, ...NO_OUTPUT_SETTINGS]);
  const isKnown = (fact: string): boolean => (now.get(fact) ?? null) !== null;
  const ruleOf = new Map((book.byStage.start ?? []).map((rule) => [rule.id, rule]));
  const concerning = evaluateStages(book, now, ['start']).reasons.filter(({ rule }) =>
    (ruleOf.get(rule)?.when ?? []).every(({ fact }) => isKnown(fact)),
  );
  const refusals = concerning.filter(isRefusal);
  const open = refusals.filter(({ rule }) => ruleOf.get(rule)?.require?.some(({ fact }) => !isKnown(fact)));
  return {
    first: refusals.filter((reason) => !open.includes(reason)).map(toItem),
    unknown: open.map((reason) => toFindOut(ruleOf.get(reason.rule), reason)),
    notes: concerning.filter(({ outcome }) => outcome === 'warn').map(toItem),
  };
}

function toFindOut(rule: Rule | undefined, { because, source }: Reason): WorkItem {
  return { text: `${rule?.statement ?? ''} Read remotely: ${because}.`, source };
}
