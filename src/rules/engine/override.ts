import { isRefusal, joinList, Problem, type Reason } from '../../core/index.ts';
import { BUILT_IN_CODES } from './built-in.ts';
import type { Rule, Stage } from './schema.ts';

/** Stages that no command with `--override` evaluates: described units and services of a card. */
const NOT_OVERRIDABLE: ReadonlySet<Stage> = new Set<Stage>(['gate', 'service']);

/** Ids of the rules whose refusal may be overridden. */
export function overridableRules(rules: readonly Rule[]): ReadonlySet<string> {
  return new Set(rules.flatMap(({ id, final, stage }) => (final || NOT_OVERRIDABLE.has(stage) ? [] : [id])));
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
        { hint: rule.remedy ?? 'The only remedy is to meet its requirement.' },
      );
    }
  }
}

function unknownRule(id: string, rules: readonly Rule[]): Problem {
  const code = id.toUpperCase().replaceAll('-', '_');
  const matching = rules.filter((rule) => rule.code === code);
  if (matching.length === 0 && !Object.hasOwn(BUILT_IN_CODES, code)) {
    return new Problem('config/override', `There is no rule "${id}" to override.`, {
      hint: 'A plan shows the rule of each reason that can be overridden. upsfw rules explain lists all rules.',
    });
  }
  const can = overridableRules(matching);
  const [first] = can;
  if (first === undefined) {
    const why =
      matching.length === 0 ? 'no rule has this code' : `final: ${joinList(matching.map((one) => one.id))}`;
    return new Problem('config/override', `The code ${code} cannot be overridden (${why}).`, {
      hint: `See its requirement: upsfw explain ${code}.`,
    });
  }
  return new Problem('config/override', `"${id}" is a reason code, not a rule.`, {
    hint: `${can.size === 1 ? 'The rule' : 'The rules'} with the code ${code}: ${joinList([...can])}. Use the rule: --override ${first}="reason".`,
  });
}

/** The note that is appended to an overridden reason. */
export function overrideNote(why: string): string {
  return ` (overridden: ${why})`;
}

/** A unit with its reasons. */
interface Judged {
  readonly key: string;
  readonly reasons: readonly Reason[];
}

/**
 * One line for each override without effect: the rule refuses none of these units, or other rules still
 * refuse them. `units`: the evaluated units.
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
      reasons.some(({ rule, because }) => rule === id && because.endsWith(overrideNote(why))),
    );
    if (lifted.length > 0) {
      const held = lifted.filter(({ reasons }) => reasons.some(isRefusal));
      if (held.length === 0) return [];
      const named = held.map(({ key, reasons }) => `${key} (${refusalCodes(reasons)})`);
      return [`--override ${id} had no effect on ${joinList(named)}: other rules refuse the update.`];
    }
    const code = rules.find((rule) => rule.id === id)?.code;
    const meant = new Set(
      units.flatMap(({ reasons }) =>
        reasons
          .filter((one) => isRefusal(one) && one.code === code && can.has(one.rule))
          .map(({ rule }) => rule),
      ),
    );
    const names = joinList(units.map(({ key }) => key));
    const instead = meant.size === 0 ? '' : ` There ${code} comes from the rule ${joinList([...meant])}.`;
    return [`--override ${id} had no effect on ${names}: the rule refuses nothing there.${instead}`];
  });
}

function refusalCodes(reasons: readonly Reason[]): string {
  return [...new Set(reasons.filter(isRefusal).map(({ code }) => code))].join(', ');
}
