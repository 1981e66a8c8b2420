import {
  cardAfter,
  type Hop,
  isAt,
  isUpsHop,
  type Look,
  type Plan,
  type PlanComponent,
  type PlannedUnit,
  type Problem,
  planId,
  type Reason,
  type StepsAnswer,
  type Unit,
  type UnitTarget,
  unitKey,
  type Verdict,
} from '../core/index.ts';

/** A unit with its look and its verdict. */
export interface EvaluatedUnit {
  readonly target: UnitTarget;
  readonly look: Look;
  readonly verdict: Verdict;
}

/** The steps of a hop, from the driver and the inventory entry of the unit. */
export type StepsOf = (target: UnitTarget, unit: Unit, hop: Hop) => StepsAnswer;

/**
 * Makes a plan from looks and verdicts. Pure: the same facts give the same plan with the same id.
 * `stepsOf`: adds the reasons why the inventory does not allow a transfer or a start.
 */
export function buildPlan(
  rules: string,
  evaluated: readonly EvaluatedUnit[],
  component: PlanComponent = 'ups',
  stepsOf: StepsOf | null = null,
): Plan {
  const units = evaluated.map((one) => plannedUnit(one, stepsOf));
  return { id: planId(rules, units, component), component, rules, units };
}

/** The hops of a verdict that may be executed one after another; none for a unit that needs no update. */
export function plannedHops(unit: Unit, { status, hops }: Verdict): readonly Hop[] {
  const isUpdate = status === 'outdated' || status === 'blocked';
  return isUpdate && isJoined(unit, hops) ? hops : [];
}

function plannedUnit({ target, look, verdict: full }: EvaluatedUnit, stepsOf: StepsOf | null): PlannedUnit {
  const hops = plannedHops(look.unit, full);
  const { hops: _, ...verdict } = full;
  const [first] = hops;
  const answer = first === undefined ? undefined : stepsOf?.(target, look.unit, first);
  return {
    key: unitKey(target),
    unit: look.unit,
    verdict: answer === undefined ? verdict : withAnswer(verdict, answer),
    hops,
    switchOutput: target.switchOutput,
    problem: look.problem?.toJSON() ?? null,
  };
}

/** Adds why the image cannot be sent, or that a person has to start the update. */
function withAnswer(verdict: PlannedUnit['verdict'], answer: StepsAnswer): PlannedUnit['verdict'] {
  if (!answer.possible) {
    const reason = inventoryReason('NO_SEND_PATH', 'block', answer.problem);
    const status = verdict.status === 'outdated' ? 'blocked' : verdict.status;
    // Reasons about the identity come first: the unit may be another one.
    const identity = verdict.reasons.filter(({ rule }) => rule === 'identity');
    const others = verdict.reasons.filter(({ rule }) => rule !== 'identity');
    return { ...verdict, status, reasons: [...identity, reason, ...others] };
  }
  if (answer.warning === undefined) return verdict;
  return {
    ...verdict,
    reasons: [...verdict.reasons, inventoryReason('NO_START_WAY', 'warn', answer.warning)],
  };
}

function inventoryReason(code: string, outcome: Reason['outcome'], { message, hint }: Problem): Reason {
  const because = message.replace(/\.$/, '');
  return { code, rule: 'transport', outcome, because, remedy: hint, source: 'inventory' };
}

/**
 * Whether each hop begins where the hop before it ends. A unit must never end at firmware that nobody
 * planned.
 */
function isJoined(unit: Unit, hops: readonly Hop[]): boolean {
  let { firmware, card }: Pick<Unit, 'firmware' | 'card'> = unit;
  return hops.every((hop) => {
    if (!isAt({ ...unit, firmware, card }, hop, 'from')) return false;
    if (isUpsHop(hop)) firmware = { ...firmware, ...hop.to };
    else if (card !== null && card.platform === hop.from.platform)
      card = cardAfter(card, hop.component, hop.to.version);
    else return false;
    return true;
  });
}
