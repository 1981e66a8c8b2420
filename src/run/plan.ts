import {
  cardAfter,
  type Hop,
  isAt,
  isUpsHop,
  joinList,
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
  usableSerial,
  type Verdict,
} from '../core/index.ts';

/** A unit that was looked at and judged. */
export interface Judged {
  readonly target: UnitTarget;
  readonly look: Look;
  readonly verdict: Verdict;
}

/** An entry of the inventory that is not part of the plan, and the serial number that answers there. */
export interface SeenElsewhere {
  readonly key: string;
  readonly serial: string | null;
}

/** The steps of a hop, as the way to the unit has them with its inventory entry. */
export type StepsOf = (target: UnitTarget, unit: Unit, hop: Hop) => StepsAnswer;

/**
 * Turns looks and verdicts into a plan. Pure: the same facts give the same plan with the same id. `elsewhere`: entries that were
 * not chosen and carry a load together with others; one that is a chosen unit under another name must not hide its partners. With
 * `stepsOf` a plan says what the inventory itself has against sending and starting.
 */
export function buildPlan(
  rules: string,
  judged: readonly Judged[],
  component: PlanComponent = 'ups',
  elsewhere: readonly SeenElsewhere[] = [],
  stepsOf: StepsOf | null = null,
): Plan {
  const doubles = doubleSerials([
    ...judged.map(({ target, look }) => ({ key: unitKey(target), serial: look.unit.serial })),
    ...elsewhere,
  ]);
  const units = judged.map((one) => plannedUnit(one, doubles, stepsOf));
  return { id: planId(rules, units, component), component, rules, units };
}

/** Serial numbers that more than one unit answered with, and the keys of these units. */
function doubleSerials(seen: readonly SeenElsewhere[]): ReadonlyMap<string, readonly string[]> {
  const owners = new Map<string, string[]>();
  for (const { key, serial: given } of seen) {
    const serial = usableSerial(given);
    if (serial !== null) owners.set(serial, [...(owners.get(serial) ?? []), key]);
  }
  return new Map([...owners].filter(([, keys]) => keys.length > 1));
}

function plannedUnit(
  judged: Judged,
  doubles: ReadonlyMap<string, readonly string[]>,
  stepsOf: StepsOf | null,
): PlannedUnit {
  const { target, look } = judged;
  const key = unitKey(target);
  const serial = usableSerial(look.unit.serial);
  const against: Reason[] = [];
  const owners = serial === null ? undefined : doubles.get(serial);
  if (owners !== undefined) {
    against.push(
      identityReason(
        'DUPLICATE_SERIAL',
        `serial number ${serial} answers at ${joinList(owners)}`,
        'Find out which entry of the inventory is right and remove the other.',
      ),
    );
  }
  if (target.serial !== null && look.unit.reachable && usableSerial(target.serial) !== serial) {
    against.push(
      identityReason(
        'OTHER_SERIAL',
        `the inventory says ${target.serial}, the unit says ${look.unit.serial ?? 'nothing'}`,
        'Check the address, or correct the serial number in the inventory if the unit was replaced.',
      ),
    );
  }
  const { hops: route, ...judgement } = judged.verdict;
  const isUpdate = judgement.status === 'outdated' || judgement.status === 'blocked';
  const hops = isUpdate && isJoined(look.unit, route) ? route : [];
  const [first] = hops;
  const answer = first === undefined ? undefined : stepsOf?.(target, look.unit, first);
  const notes: Reason[] = [];
  if (answer?.possible === false) {
    against.push(inventoryReason('NO_SEND_PATH', 'block', answer.problem));
  } else if (answer?.warning !== undefined) {
    notes.push(inventoryReason('NO_START_WAY', 'warn', answer.warning));
  }
  const refused = against.length === 0 ? judgement : refusedBy(judgement, against);
  const verdict = notes.length === 0 ? refused : { ...refused, reasons: [...refused.reasons, ...notes] };
  return {
    key,
    unit: look.unit,
    verdict,
    hops,
    switchOutput: target.switchOutput,
    problem: look.problem?.toJSON() ?? null,
  };
}

function identityReason(code: string, because: string, remedy: string): Reason {
  return { code, rule: 'identity', outcome: 'block', because, remedy, source: 'inventory and look' };
}

function inventoryReason(code: string, outcome: Reason['outcome'], { message, hint }: Problem): Reason {
  const because = message.replace(/\.$/, '');
  return { code, rule: 'way', outcome, because, remedy: hint, source: 'inventory' };
}

function refusedBy(verdict: PlannedUnit['verdict'], against: readonly Reason[]): PlannedUnit['verdict'] {
  const status = verdict.status === 'outdated' ? 'blocked' : verdict.status;
  return { ...verdict, status, reasons: [...against, ...verdict.reasons] };
}

/** Whether each hop begins where the one before it ends: the unit must never be left at a state that nobody planned. */
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
