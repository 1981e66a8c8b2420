import { type Facts, holds } from './evaluate.ts';
import type { Rule, Stage } from './schema.ts';

export type RulesByStage = Readonly<Partial<Record<Stage, readonly Rule[]>>>;

/** Facts that many rules have a condition on, that have few values, and that no rule derives. */
const KEY_FACTS = ['unit.printedId', 'unit.microLinkId', 'unit.firmwareForm', 'transport'] as const;

/** Far more than the firmware lines and transports; a stream of invented units must not fill the memory. */
const MAX_KEYS = 2_000;

const known = new WeakMap<RulesByStage, Map<string, RulesByStage>>();

/**
 * The rules without those that certainly do not apply, in the same order. They give the same reasons as all
 * rules: a rule is left out only if a condition on a key fact is false, which decides alone.
 */
export function applicableRules(rules: RulesByStage, facts: Facts): RulesByStage {
  let key = '';
  // Each key fact has values of one type, so text is enough to tell them apart.
  for (const name of KEY_FACTS) key += `${facts.get(name) ?? ''}\n`;
  const byKey = known.get(rules) ?? new Map<string, RulesByStage>();
  const before = byKey.get(key);
  if (before !== undefined) return before;
  if (byKey.size >= MAX_KEYS) byKey.clear();
  const applicable = Object.fromEntries(
    Object.entries(rules).map(([stage, ofStage]) => [
      stage,
      ofStage.filter(({ when = [] }) =>
        when.every(
          (condition) =>
            !isKeyFact(condition.fact) || holds(condition, facts.get(condition.fact) ?? null) !== 'no',
        ),
      ),
    ]),
  );
  known.set(rules, byKey.set(key, applicable));
  return applicable;
}

function isKeyFact(name: string): boolean {
  return KEY_FACTS.some((key) => key === name);
}
