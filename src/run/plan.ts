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

/** A unit with its look and its verdict. */
export interface EvaluatedUnit {
  readonly target: UnitTarget;
  readonly look: Look;
  readonly verdict: Verdict;
}

/** An inventory entry that is not in the plan, and the serial number that answers there. */
export interface UnchosenEntry {
  readonly key: string;
  readonly serial: string | null;
}

/** The steps of a hop, from the driver and the inventory entry of the unit. */
export type StepsOf = (target: UnitTarget, unit: Unit, hop: Hop) => StepsAnswer;

/**
 * Makes a plan from looks and verdicts. Pure: the same facts give the same plan with the same id.
 * `elsewhere`: entries that were not chosen and share a load, because a chosen unit under another name must
 * not hide its partners. `stepsOf`: adds the reasons why the inventory does not allow a transfer or a
 * start.
 */
export function buildPlan(
  rules: string,
  evaluated: readonly EvaluatedUnit[],
  component: PlanComponent = 'ups',
  elsewhere: readonly UnchosenEntry[] = [],
  stepsOf: StepsOf | null = null,
): Plan {
  const duplicates = duplicateSerials([
    ...evaluated.map(({ target, look }) => ({ key: unitKey(target), serial: look.unit.serial })),
    ...elsewhere,
  ]);
  const units = evaluated.map((one) => plannedUnit(one, duplicates, stepsOf));
  return { id: planId(rules, units, component), component, rules, units };
}

/** Serial numbers that more than one entry answers with, and the keys of these entries. */
function duplicateSerials(seen: readonly UnchosenEntry[]): ReadonlyMap<string, readonly string[]> {
  const owners = new Map<string, string[]>();
  for (const { key, serial: reported } of seen) {
    const serial = usableSerial(reported);
    if (serial !== null) owners.set(serial, [...(owners.get(serial) ?? []), key]);
  }
  return new Map([...owners].filter(([, keys]) => keys.length > 1));
}

function plannedUnit(
  evaluated: EvaluatedUnit,
  duplicates: ReadonlyMap<string, readonly string[]>,
  stepsOf: StepsOf | null,
): PlannedUnit {
  const { target, look } = evaluated;
  const key = unitKey(target);
  const serial = usableSerial(look.unit.serial);
  const refusals: Reason[] = [];
  const owners = serial === null ? undefined : duplicates.get(serial);
  if (owners !== undefined) {
    refusals.push(
      identityReason(
        'DUPLICATE_SERIAL',
        `serial number ${serial} answers at ${joinList(owners)}`,
        'Find out which inventory entry is right, and remove the other.',
      ),
    );
  }
  if (target.serial !== null && look.unit.reachable && usableSerial(target.serial) !== serial) {
    refusals.push(
      identityReason(
        'OTHER_SERIAL',
        `the inventory has ${target.serial}, the unit reports ${look.unit.serial ?? 'no serial number'}`,
        'Check the address, or correct the serial number in the inventory if the unit was replaced.',
      ),
    );
  }
  const { hops: route, ...evaluation } = evaluated.verdict;
  const isUpdate = evaluation.status === 'outdated' || evaluation.status === 'blocked';
  const hops = isUpdate && isJoined(look.unit, route) ? route : [];
  const [first] = hops;
  const answer = first === undefined ? undefined : stepsOf?.(target, look.unit, first);
  const notes: Reason[] = [];
  if (answer?.possible === false) {
    refusals.push(inventoryReason('NO_SEND_PATH', 'block', answer.problem));
  } else if (answer?.warning !== undefined) {
    notes.push(inventoryReason('NO_START_WAY', 'warn', answer.warning));
  }
  const refused = refusals.length === 0 ? evaluation : withRefusals(evaluation, refusals);
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

function withRefusals(verdict: PlannedUnit['verdict'], refusals: readonly Reason[]): PlannedUnit['verdict'] {
  const status = verdict.status === 'outdated' ? 'blocked' : verdict.status;
  return { ...verdict, status, reasons: [...refusals, ...verdict.reasons] };
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
