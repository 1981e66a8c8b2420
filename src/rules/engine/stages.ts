import type { Reason, WorkItem } from '../../core/index.ts';
import { evaluateRule, type Fact, interpolate, outcomeOf } from './evaluate.ts';
import { ITEM_KINDS, type ItemKind, type Rule, type Stage } from './schema.ts';
import { compareVersions } from './versions.ts';

/** A line for the person on site. */
export interface AdvisedItem extends WorkItem {
  readonly kind: ItemKind;
}

/** As much of a rule book as the stages need. */
export interface StageRules {
  readonly byStage: Readonly<Partial<Record<Stage, readonly Rule[]>>>;
  /** Rules that do not refuse in this run, with the operator's reason. */
  readonly overridden: ReadonlyMap<string, string>;
}

/** What the rules of some stages say together. */
export interface Assessment {
  readonly reasons: readonly Reason[];
  /** A rule said that the hardware is not handled at all. */
  readonly unsupported: boolean;
  readonly lines: readonly AdvisedItem[];
}

/** The lines of one kind. */
export function itemsOf({ lines }: Pick<Assessment, 'lines'>, wanted: ItemKind): readonly WorkItem[] {
  return lines.flatMap(({ kind, text, source }) => (kind === wanted ? [{ text, source }] : []));
}

const ENDING: ReadonlySet<Stage> = new Set<Stage>(['family', 'firmware', 'support']);

/**
 * Asks the rules of some stages, in their order. Facts grow on the way: what rules advise and tell is there for those that
 * follow. A refusal in a stage about what the unit is ends it: what else is missing is then not worth a word.
 */
export function evaluateStages(
  book: StageRules,
  facts: Map<string, Fact>,
  stages: readonly Stage[],
): Assessment {
  const reasons: Reason[] = [];
  const lines: AdvisedItem[] = [];
  let unsupported = false;
  for (const stage of stages) {
    for (const rule of book.byStage[stage] ?? []) {
      if ((rule.advise ?? rule.derives) !== undefined && !follow(rule, facts, lines)) continue;
      const reason = evaluateRule(rule, facts, book.overridden);
      if (reason === null) continue;
      reasons.push(reason);
      unsupported ||= rule.unsupported === true && reason.outcome === 'block';
    }
    const refused = reasons.some(({ outcome }) => outcome === 'block' || outcome === 'unknown');
    if (refused && ENDING.has(stage)) break;
  }
  return { reasons, unsupported, lines };
}

const MATTERS = ['wizard', 'image', 'target'] as const;

/** Takes in what a rule advises or tells; false where it does not apply or adds nothing. */
function follow(rule: Rule, facts: Map<string, Fact>, lines: AdvisedItem[]): boolean {
  if (outcomeOf(rule, facts) === null) return false;
  let news = false;
  if (rule.derives !== undefined) {
    for (const [name, fact] of Object.entries(rule.derives)) facts.set(name, fact);
    news = true;
  }
  const { advise } = rule;
  if (advise === undefined) return news;
  for (const matter of MATTERS) {
    const advised = advise[matter];
    if (advised === undefined || facts.has(`advice.${matter}`)) continue;
    const fact = interpolate(advised, facts);
    // A template over something that is not known advises nothing.
    if (fact === 'not known') continue;
    facts.set(`advice.${matter}`, fact);
    if (matter === 'target') {
      facts.set('advice.order', standing(facts, fact));
      facts.set('advice.source', interpolate(rule.source, facts));
    }
    news = true;
  }
  for (const kind of ITEM_KINDS) {
    for (const template of [advise[kind] ?? []].flat()) {
      lines.push({ kind, text: interpolate(template, facts), source: interpolate(rule.source, facts) });
      news = true;
    }
  }
  return news;
}

/** How the installed version stands to the target. */
function standing(facts: ReadonlyMap<string, Fact>, target: string): Fact {
  const version = facts.get('unit.version');
  const order = typeof version === 'string' ? compareVersions(version, target) : null;
  return order === null ? null : order === -1 ? 'older' : order === 0 ? 'same' : 'newer';
}
