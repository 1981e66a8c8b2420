import type { Outcome, Reason } from '../core/index.ts';
import { compareIn, type Fact, type Facts, VERSION_FACTS } from './facts.ts';
import type { Condition, Rule } from './schema.ts';

/** Three-valued: a condition on a fact that is not known is neither true nor false. */
export type Truth = 'yes' | 'no' | 'unknown';

/** What a rule says; null where it has nothing to say of these facts. */
export function evaluate(rule: Rule, facts: Facts): Reason | null {
  const applies = all(rule.when ?? [], facts);
  if (applies === 'no') return null;
  const outcome = outcomeOf(rule, applies, facts);
  return {
    code: rule.code,
    rule: rule.id,
    outcome,
    because: filled(rule.because, facts),
    remedy: outcome === 'pass' ? null : filled(rule.remedy, facts) || null,
    source: rule.source,
  };
}

function outcomeOf(rule: Rule, applies: 'yes' | 'unknown', facts: Facts): Outcome {
  // A rule of which it is not known whether it applies is only then harmless when it cannot refuse.
  if (applies === 'unknown') return rule.warn ? 'warn' : 'unknown';
  if (rule.warn) return 'warn';
  if (rule.block || rule.unsupported) return 'block';
  const holds = all(rule.require ?? [], facts);
  return holds === 'yes' ? 'pass' : holds === 'no' ? 'block' : 'unknown';
}

function all(conditions: readonly Condition[], facts: Facts): Truth {
  const truths = conditions.map((condition) => test(condition, facts));
  if (truths.includes('no')) return 'no';
  return truths.includes('unknown') ? 'unknown' : 'yes';
}

function test(condition: Condition, facts: Facts): Truth {
  const fact = facts.get(condition.fact) ?? null;
  if (condition.known !== undefined) return truth((fact !== null) === condition.known);
  if (fact === null) return 'unknown';
  if (condition.equals !== undefined) return truth(fact === condition.equals);
  if (condition.oneOf !== undefined) return truth(condition.oneOf.includes(fact));
  if (condition.matches !== undefined) return truth(new RegExp(condition.matches, 'i').test(String(fact)));
  if (condition.atLeast !== undefined)
    return ordered(condition.fact, fact, condition.atLeast, facts, (order) => order >= 0);
  if (condition.below !== undefined)
    return ordered(condition.fact, fact, condition.below, facts, (order) => order < 0);
  return 'unknown';
}

function truth(holds: boolean): Truth {
  return holds ? 'yes' : 'no';
}

function ordered(
  name: string,
  fact: Fact,
  bound: string | number,
  facts: Facts,
  holds: (order: number) => boolean,
): Truth {
  if (typeof fact === 'number' && typeof bound === 'number') return truth(holds(Math.sign(fact - bound)));
  if (!VERSION_FACTS.has(name) || typeof fact !== 'string' || typeof bound !== 'string') return 'unknown';
  const line = Number(facts.get('unit.microLinkId') ?? Number.NaN);
  const order = Number.isInteger(line) ? compareIn(line, fact, bound) : null;
  return order === null ? 'unknown' : truth(holds(order));
}

function filled(template: string, facts: Facts): string {
  return template.replace(/\{([a-z]+(?:\.[a-zA-Z0-9]+)?)\}/g, (_whole, name: string) =>
    spelled(facts.get(name) ?? null),
  );
}

function spelled(fact: Fact): string {
  if (fact === null) return 'not known';
  return typeof fact === 'boolean' ? (fact ? 'yes' : 'no') : String(fact);
}
