import type { Outcome, Reason } from '../../core/index.ts';
import { overrideNote } from './override.ts';
import type { Condition, Rule } from './schema.ts';
import { compareWithBound } from './versions.ts';

/** The reason that a rule gives for these facts; null if it does not apply. */
export function evaluateRule(
  rule: Rule,
  facts: Facts,
  overridden: ReadonlyMap<string, string>,
): Reason | null {
  const outcome = outcomeOf(rule, facts);
  if (outcome === null || rule.code === undefined) return null;
  const reason: Reason = {
    code: rule.code,
    rule: rule.id,
    outcome,
    because: interpolate(rule.because ?? '', facts),
    remedy: outcome === 'pass' ? null : interpolate(rule.remedy ?? '', facts) || null,
    source: interpolate(rule.source, facts),
  };
  const why = overridden.get(rule.id);
  if (why === undefined || (outcome !== 'block' && outcome !== 'unknown')) return reason;
  return { ...reason, outcome: 'warn', because: `${reason.because}${overrideNote(why)}` };
}

/** The outcome of a rule; null if it does not apply. */
export function outcomeOf(rule: Rule, facts: Facts): Outcome | null {
  const applies = all(rule.when ?? [], facts);
  if (applies === 'no') return null;
  const isInformative = rule.note || rule.advise !== undefined || rule.derives !== undefined;
  if (applies === 'unknown') {
    // If it is not known whether a rule applies, only a rule that cannot refuse is harmless.
    if (isInformative) return null;
    return rule.warn ? 'warn' : 'unknown';
  }
  if (isInformative) return 'pass';
  if (rule.warn) return 'warn';
  if (rule.unknown) return 'unknown';
  if (rule.block || rule.unsupported) return 'block';
  const holds = all(rule.require ?? [], facts);
  return holds === 'yes' ? 'pass' : holds === 'no' ? 'block' : 'unknown';
}

const TEMPLATES = new Map<string, readonly string[]>();

/** Inserts facts into a text. */
export function interpolate(template: string, facts: Facts): string {
  // The pieces alternate between text and fact name.
  let pieces = TEMPLATES.get(template);
  if (pieces === undefined) {
    pieces = template.split(/\{([a-z][a-zA-Z]*(?:\.[a-zA-Z0-9]+)?)\}/);
    TEMPLATES.set(template, pieces);
  }
  if (pieces.length === 1) return template;
  let text = '';
  let isFact = false;
  for (const piece of pieces) {
    text += isFact ? formatFact(facts.get(piece) ?? null) : piece;
    isFact = !isFact;
  }
  return text;
}

function formatFact(fact: Fact): string {
  if (fact === null) return 'not known';
  return typeof fact === 'boolean' ? (fact ? 'yes' : 'no') : String(fact);
}

/** The value of a fact; null = not known. */
export type Fact = string | number | boolean | null;
export type Facts = Pick<ReadonlyMap<string, Fact>, 'get'>;

/** A condition on a fact that is not known is neither true nor false. */
export type Truth = 'yes' | 'no' | 'unknown';

/** Whether all conditions hold. One false condition decides, even if others are not known. */
export function all(conditions: readonly Condition[], facts: Facts): Truth {
  let truth: Truth = 'yes';
  for (const condition of conditions) {
    const one = holds(condition, facts.get(condition.fact) ?? null);
    if (one === 'no') return 'no';
    if (one === 'unknown') truth = 'unknown';
  }
  return truth;
}

/** Whether a condition holds for the value of its fact. */
export function holds(condition: Condition, fact: Fact): Truth {
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

/** Compares numbers with numbers and versions of one form with each other; anything else is not known. */
function ordered(fact: Fact, bound: string | number, wanted: (order: number) => boolean): Truth {
  if (typeof fact === 'number' && typeof bound === 'number') return truth(wanted(fact - bound));
  if (typeof fact !== 'string' || typeof bound !== 'string') return 'unknown';
  const order = compareWithBound(fact, bound);
  return order === null ? 'unknown' : truth(wanted(order));
}

function truth(is: boolean): Truth {
  return is ? 'yes' : 'no';
}

const patterns = new Map<string, RegExp>();

function pattern(source: string): RegExp {
  const known = patterns.get(source);
  if (known !== undefined) return known;
  const compiled = new RegExp(source, 'i');
  patterns.set(source, compiled);
  return compiled;
}
