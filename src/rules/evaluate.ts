import type { Outcome, Reason } from '../core/index.ts';
import { all, type Fact, type Facts } from './matcher.ts';
import { overruledWords } from './overrule.ts';
import type { Rule } from './schema.ts';

/** What a rule says; null where it has nothing to say of these facts. */
export function evaluate(rule: Rule, facts: Facts, overruled: ReadonlyMap<string, string>): Reason | null {
  const outcome = outcomeOf(rule, facts);
  if (outcome === null || rule.code === undefined) return null;
  const reason: Reason = {
    code: rule.code,
    rule: rule.id,
    outcome,
    because: filled(rule.because ?? '', facts),
    remedy: outcome === 'pass' ? null : filled(rule.remedy ?? '', facts) || null,
    source: filled(rule.source, facts),
  };
  const why = overruled.get(rule.id);
  if (why === undefined || (outcome !== 'block' && outcome !== 'unknown')) return reason;
  return { ...reason, outcome: 'warn', because: `${reason.because}${overruledWords(why)}` };
}

/** What comes of a rule; null where it does not apply. */
export function outcomeOf(rule: Rule, facts: Facts): Outcome | null {
  const applies = all(rule.when ?? [], facts);
  if (applies === 'no') return null;
  const speaksOnly = rule.note || rule.advise !== undefined || rule.tells !== undefined;
  if (applies === 'unknown') {
    // A rule of which it is not known whether it applies is only then harmless when it cannot refuse.
    if (speaksOnly) return null;
    return rule.warn ? 'warn' : 'unknown';
  }
  if (speaksOnly) return 'pass';
  if (rule.warn) return 'warn';
  if (rule.unknown) return 'unknown';
  if (rule.block || rule.unsupported) return 'block';
  const holds = all(rule.require ?? [], facts);
  return holds === 'yes' ? 'pass' : holds === 'no' ? 'block' : 'unknown';
}

const TEMPLATES = new Map<string, readonly string[]>();

/** Puts facts into a sentence. */
export function filled(template: string, facts: Facts): string {
  // Text and names of facts in turn: what stands between the brackets is every second piece.
  let pieces = TEMPLATES.get(template);
  if (pieces === undefined) {
    pieces = template.split(/\{([a-z]+(?:\.[a-zA-Z0-9]+)?)\}/);
    TEMPLATES.set(template, pieces);
  }
  if (pieces.length === 1) return template;
  let text = '';
  let isFact = false;
  for (const piece of pieces) {
    text += isFact ? spelled(facts.get(piece) ?? null) : piece;
    isFact = !isFact;
  }
  return text;
}

function spelled(fact: Fact): string {
  if (fact === null) return 'not known';
  return typeof fact === 'boolean' ? (fact ? 'yes' : 'no') : String(fact);
}
