import { joinList, Problem, type Reason } from '../../core/index.ts';
import { BUILT_IN_CODES } from './built-in.ts';
import type { Rule, Stage } from './schema.ts';

/** Rules that nothing asks which takes `--override`: they speak of described units and of what a card has on. */
const NEVER_ASKED: ReadonlySet<Stage> = new Set<Stage>(['gate', 'service']);

/** Ids of the rules whose refusal may be overridden. */
export function overridableRules(rules: readonly Rule[]): ReadonlySet<string> {
  return new Set(
    rules.flatMap(({ id, final, stage: about }) => (final || NEVER_ASKED.has(about) ? [] : [id])),
  );
}

/** Throws Problem config/override for an id that no rule in force has, for a code, and for a final rule. */
export function checkOverrides(overridden: ReadonlyMap<string, string>, rules: readonly Rule[]): void {
  for (const id of overridden.keys()) {
    const rule = rules.find((one) => one.id === id);
    if (rule === undefined) throw unknownRule(id, rules);
    if (rule.final) {
      throw new Problem(
        'config/override',
        `The rule "${id}" is final and cannot be overridden: ${rule.statement}`,
        { hint: rule.remedy ?? 'Nothing lifts it but what it asks for.' },
      );
    }
  }
}

function unknownRule(id: string, rules: readonly Rule[]): Problem {
  const code = id.toUpperCase().replaceAll('-', '_');
  const giving = rules.filter((rule) => rule.code === code);
  if (giving.length === 0 && !Object.hasOwn(BUILT_IN_CODES, code)) {
    return new Problem('config/override', `There is no rule "${id}" that could be overridden.`, {
      hint: 'A plan names the rule beside each reason that can be overridden. upsfw rules explain lists all rules.',
    });
  }
  const can = overridableRules(giving);
  const [first] = can;
  if (first === undefined) {
    const why = giving.length === 0 ? 'no rule gives it' : `final: ${joinList(giving.map((one) => one.id))}`;
    return new Problem('config/override', `The code ${code} cannot be overridden (${why}).`, {
      hint: `See what it asks for: upsfw explain ${code}.`,
    });
  }
  return new Problem('config/override', `"${id}" is a code of reasons, not a rule.`, {
    hint: `${can.size === 1 ? 'The rule' : 'The rules'} behind ${code}: ${joinList([...can])}. Name the rule: --override ${first}="reason".`,
  });
}

/** What is added to a reason that was overridden. */
export function overrideSettings(why: string): string {
  return ` (overridden: ${why})`;
}

function isAgainst({ outcome }: Reason): boolean {
  return outcome === 'block' || outcome === 'unknown';
}

/** A unit with what the rules said of it. */
interface Judged {
  readonly key: string;
  readonly reasons: readonly Reason[];
}

/**
 * What to say of overridden rules that let no unit through, a line each: the rule refuses none of these units, or something
 * else stands against a unit all the same. `units`: those that were judged.
 */
export function unusedOverrides(
  {
    rules,
    overridden,
  }: { readonly rules: readonly Rule[]; readonly overridden: ReadonlyMap<string, string> },
  units: readonly Judged[],
): readonly string[] {
  if (units.length === 0) return [];
  const can = overridableRules(rules);
  return [...overridden].flatMap(([id, why]) => {
    const lifted = units.filter(({ reasons }) =>
      reasons.some(({ rule, because }) => rule === id && because.endsWith(overrideSettings(why))),
    );
    if (lifted.length > 0) {
      const held = lifted.filter(({ reasons }) => reasons.some(isAgainst));
      if (held.length === 0) return [];
      const named = held.map(({ key, reasons }) => `${key} (${codesAgainst(reasons)})`);
      return [`Overridden ${id} had no effect on ${joinList(named)}: other rules refuse the update.`];
    }
    const code = rules.find((rule) => rule.id === id)?.code;
    const meant = new Set(
      units.flatMap(({ reasons }) =>
        reasons
          .filter((one) => isAgainst(one) && one.code === code && can.has(one.rule))
          .map(({ rule }) => rule),
      ),
    );
    const names = joinList(units.map(({ key }) => key));
    const instead = meant.size === 0 ? '' : ` ${code} comes from the rule ${joinList([...meant])} here.`;
    return [`Overridden ${id} had no effect on ${names}: it refuses nothing there.${instead}`];
  });
}

function codesAgainst(reasons: readonly Reason[]): string {
  return [...new Set(reasons.filter(isAgainst).map(({ code }) => code))].join(', ');
}
