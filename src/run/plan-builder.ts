import {
  enumerated,
  type Hop,
  type Look,
  type Plan,
  type PlannedUnit,
  planId,
  type Reason,
  type StoredImage,
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
  /** The images of the verdict's hops, in their order. */
  readonly images: readonly StoredImage[];
}

/** Turns looks and verdicts into a plan. Pure: the same facts give the same plan with the same id. */
export function buildPlan(rules: string, judged: readonly Judged[]): Plan {
  const doubles = doubleSerials(judged);
  const units = judged.map((one) => plannedUnit(one, doubles));
  return { id: planId(rules, units), rules, units };
}

/** Serial numbers that more than one unit answered with, and the keys of these units. */
function doubleSerials(judged: readonly Judged[]): ReadonlyMap<string, readonly string[]> {
  const owners = new Map<string, string[]>();
  for (const { target, look } of judged) {
    const serial = usableSerial(look.unit.serial);
    if (serial !== null) owners.set(serial, [...(owners.get(serial) ?? []), unitKey(target)]);
  }
  return new Map([...owners].filter(([, keys]) => keys.length > 1));
}

function plannedUnit(judged: Judged, doubles: ReadonlyMap<string, readonly string[]>): PlannedUnit {
  const { target, look } = judged;
  const key = unitKey(target);
  const serial = usableSerial(look.unit.serial);
  const against: Reason[] = [];
  const owners = serial === null ? undefined : doubles.get(serial);
  if (owners !== undefined) {
    against.push(
      identityReason(
        'DUPLICATE_SERIAL',
        `serial number ${serial} answers at ${enumerated(owners)}`,
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
  const verdict = against.length === 0 ? judged.verdict : refusedBy(judged.verdict, against);
  return {
    key,
    unit: look.unit,
    verdict,
    hops: verdict.status === 'outdated' || verdict.status === 'blocked' ? hopsOf(verdict, judged) : [],
    output: target.output,
    problem: look.problem?.toJSON() ?? null,
  };
}

function identityReason(code: string, because: string, remedy: string): Reason {
  return { code, rule: 'identity', outcome: 'block', because, remedy, source: 'inventory and look' };
}

function refusedBy(verdict: Verdict, against: readonly Reason[]): Verdict {
  const status = verdict.status === 'outdated' ? 'blocked' : verdict.status;
  return { ...verdict, status, reasons: [...against, ...verdict.reasons] };
}

function hopsOf(verdict: Verdict, judged: Judged): Hop[] {
  const hops: Hop[] = [];
  let { version, microLinkId } = judged.look.unit.firmware;
  for (const [index, hop] of verdict.hops.entries()) {
    const image = judged.images[index];
    if (image === undefined || microLinkId === null) return [];
    // Hops that do not join are no route: the unit would be left where nobody planned it.
    const fits =
      image.microLinkId === microLinkId && (image.microLinkIdAfter ?? microLinkId) === hop.microLinkIdAfter;
    if (hop.from !== version || !fits) return [];
    hops.push({
      component: 'ups',
      from: { version: hop.from, microLinkId },
      to: { version: hop.to, microLinkId: hop.microLinkIdAfter },
      image: { file: image.file, sha256: image.sha256, sizeBytes: image.sizeBytes },
      path: hop.path,
      steps: ['backup', 'transfer', 'start', 'settle', 'verify'],
    });
    version = hop.to;
    microLinkId = hop.microLinkIdAfter;
  }
  return hops;
}
