import type { Reason, WorkItem } from '../../core/index.ts';
import type { RuleBook } from '../catalogue/rule-book.ts';
import type { Fact } from '../engine/evaluate.ts';
import type { Rule } from '../engine/schema.ts';
import { evaluateStages } from '../engine/stages.ts';
import { toItem } from './port.ts';
import { isAgainst } from './route.ts';

/** How a unit stands right now, for a person who will be at it later. */
export interface MomentLines {
  /** What stands against an update and can be cleared. */
  readonly first: readonly WorkItem[];
  /** What nobody could see from here. */
  readonly unknown: readonly WorkItem[];
  readonly notes: readonly WorkItem[];
}

/** Nobody said anything of output and loads of a unit that another program updates. */
const AS_IT_IS: readonly (readonly [string, Fact])[] = [
  ['operator.output', 'as-it-is'],
  ['operator.feeds', 'what the inventory does not name'],
];

/** Asks the rules of the start. Of a rule that may not even concern the unit nothing is said: it would tell what nobody knows. */
export function momentLines(book: RuleBook, facts: ReadonlyMap<string, Fact>): MomentLines {
  const now = new Map([...facts, ...AS_IT_IS]);
  const isKnown = (fact: string): boolean => (now.get(fact) ?? null) !== null;
  const ruleOf = new Map((book.byStage.start ?? []).map((rule) => [rule.id, rule]));
  const concerning = evaluateStages(book, now, ['start']).reasons.filter(({ rule }) =>
    (ruleOf.get(rule)?.when ?? []).every(({ fact }) => isKnown(fact)),
  );
  const against = concerning.filter(isAgainst);
  const open = against.filter(({ rule }) => ruleOf.get(rule)?.require?.some(({ fact }) => !isKnown(fact)));
  return {
    first: against.filter((reason) => !open.includes(reason)).map(toItem),
    unknown: open.map((reason) => toBeFound(ruleOf.get(reason.rule), reason)),
    notes: concerning.filter(({ outcome }) => outcome === 'warn').map(toItem),
  };
}

function toBeFound(rule: Rule | undefined, { because, source }: Reason): WorkItem {
  return { text: `${rule?.statement ?? ''} Seen from here: ${because}.`, source };
}
