import type { Condition } from './schema.ts';
import { compareVersions } from './versions.ts';

/** A fact that a rule may ask for; null = not known. */
export type Fact = string | number | boolean | null;
export type Facts = ReadonlyMap<string, Fact>;

/** Three-valued: a condition on a fact that is not known is neither true nor false. */
export type Truth = 'yes' | 'no' | 'unknown';

/** Whether all conditions hold: one that does not decides, however little is known of the others. */
export function all(conditions: readonly Condition[], facts: Facts): Truth {
  let truth: Truth = 'yes';
  for (const condition of conditions) {
    const one = holds(condition, facts.get(condition.fact) ?? null);
    if (one === 'no') return 'no';
    if (one === 'unknown') truth = 'unknown';
  }
  return truth;
}

function holds(condition: Condition, fact: Fact): Truth {
  if (condition.known !== undefined) return truth((fact !== null) === condition.known);
  if (fact === null) return condition.orUnknown ? 'yes' : 'unknown';
  if (condition.equals !== undefined) return truth(fact === condition.equals);
  if (condition.oneOf !== undefined) return truth(condition.oneOf.includes(fact));
  if (condition.noneOf !== undefined) return truth(!condition.noneOf.includes(fact));
  if (condition.matches !== undefined) return truth(pattern(condition.matches).test(String(fact)));
  if (condition.atLeast !== undefined) return ordered(fact, condition.atLeast, (order) => order >= 0);
  if (condition.above !== undefined) return ordered(fact, condition.above, (order) => order > 0);
  if (condition.atMost !== undefined) return ordered(fact, condition.atMost, (order) => order <= 0);
  if (condition.below !== undefined) return ordered(fact, condition.below, (order) => order < 0);
  return 'unknown';
}

/** Numbers with numbers and versions with versions; anything else cannot be ordered, and is not known. */
function ordered(fact: Fact, bound: string | number, wanted: (order: number) => boolean): Truth {
  if (typeof fact === 'number' && typeof bound === 'number') return truth(wanted(fact - bound));
  if (typeof fact !== 'string' || typeof bound !== 'string') return 'unknown';
  const order = compareVersions(fact, bound);
  return order === null ? 'unknown' : truth(wanted(order));
}

function truth(is: boolean): Truth {
  return is ? 'yes' : 'no';
}

const patterns = new Map<string, RegExp>();

function pattern(source: string): RegExp {
  const known = patterns.get(source);
  if (known !== undefined) return known;
  const made = new RegExp(source, 'i');
  patterns.set(source, made);
  return made;
}
