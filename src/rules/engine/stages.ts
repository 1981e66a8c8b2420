import { isRefusal, type Reason, type WorkItem } from '../../core/index.ts';
import { applicableRules, type RulesByStage } from './applicable.ts';
import { evaluateRule, type Fact, interpolate, outcomeOf } from './evaluate.ts';
import { type Advice, ITEM_KINDS, type ItemKind, type Rule, type Stage } from './schema.ts';
import { compareVersions } from './versions.ts';

/** A work item with its kind. */
export interface AdvisedItem extends WorkItem {
  readonly kind: ItemKind;
}

/** The part of a rule book that the stages need. */
export interface StageRules {
  readonly byStage: RulesByStage;
  /** Rules that do not refuse in this run, with the operator's reason. */
  readonly overridden: ReadonlyMap<string, string>;
}

/** The result of all rules of some stages. */
export interface Assessment {
  readonly reasons: readonly Reason[];
  /** A rule says that the hardware is not supported. */
  readonly unsupported: boolean;
  readonly items: readonly AdvisedItem[];
}

/** The work items of one kind. */
export function itemsOf({ items }: Pick<Assessment, 'items'>, wanted: ItemKind): readonly WorkItem[] {
  return items.flatMap(({ kind, text, source }) => (kind === wanted ? [{ text, source }] : []));
}

const CLOSING_STAGES: ReadonlySet<Stage> = new Set<Stage>(['family', 'firmware', 'support']);

/**
 * Evaluates the rules of some stages in order, and adds the facts that they advise or derive to `facts` for
 * later rules. After a refusal in a stage about the hardware or its firmware, later stages are skipped.
 */
export function evaluateStages(
  book: StageRules,
  facts: Map<string, Fact>,
  stages: readonly Stage[],
): Assessment {
  const reasons: Reason[] = [];
  const items: AdvisedItem[] = [];
  let unsupported = false;
  const byStage = applicableRules(book.byStage, facts);
  for (const stage of stages) {
    for (const rule of byStage[stage] ?? []) {
      if ((rule.advise ?? rule.derives) !== undefined && !applyAdvice(rule, facts, items)) continue;
      const reason = evaluateRule(rule, facts, book.overridden);
      if (reason === null) continue;
      reasons.push(reason);
      unsupported ||= rule.unsupported === true && reason.outcome === 'block';
    }
    if (reasons.some(isRefusal) && CLOSING_STAGES.has(stage)) break;
  }
  return { reasons, unsupported, items };
}

const SINGLE_ADVICE = ['wizard', 'image', 'target'] as const;

/** Adds the advice and derived facts of a rule; false if it does not apply or adds nothing. */
function applyAdvice(rule: Rule, facts: Map<string, Fact>, items: AdvisedItem[]): boolean {
  if (outcomeOf(rule, facts) === null) return false;
  let isNew = false;
  if (rule.derives !== undefined) {
    for (const [name, fact] of Object.entries(rule.derives)) facts.set(name, fact);
    isNew = true;
  }
  const { advise } = rule;
  if (advise === undefined) return isNew;
  for (const kind of SINGLE_ADVICE) {
    const advised = advise[kind];
    if (advised === undefined || facts.has(`advice.${kind}`)) continue;
    const fact = interpolate(advised, facts);
    // A template with an unknown fact gives no advice.
    if (fact === 'not known') continue;
    facts.set(`advice.${kind}`, fact);
    if (kind === 'target') {
      facts.set('advice.order', orderToTarget(facts, fact));
      facts.set('advice.source', interpolate(rule.source, facts));
    }
    isNew = true;
  }
  for (const { kind, text } of templatesOf(advise)) {
    items.push({ kind, text: interpolate(text, facts), source: interpolate(rule.source, facts) });
    isNew = true;
  }
  return isNew;
}

interface ItemTemplate {
  readonly kind: ItemKind;
  readonly text: string;
}

const templates = new WeakMap<Advice, readonly ItemTemplate[]>();

function templatesOf(advise: Advice): readonly ItemTemplate[] {
  const known = templates.get(advise);
  if (known !== undefined) return known;
  const own = ITEM_KINDS.flatMap((kind) => [advise[kind] ?? []].flat().map((text) => ({ kind, text })));
  templates.set(advise, own);
  return own;
}

/** Compares the installed version with the target. */
function orderToTarget(facts: ReadonlyMap<string, Fact>, target: string): Fact {
  const version = facts.get('unit.version');
  const order = typeof version === 'string' ? compareVersions(version, target) : null;
  return order === null ? null : order === -1 ? 'older' : order === 0 ? 'same' : 'newer';
}
