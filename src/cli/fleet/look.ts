import {
  asProblem,
  hasAnswered,
  type Look,
  type Problem,
  type Status,
  type Transport,
  type UnitTarget,
  unitKey,
  unknownUnit,
  usableSerial,
  type Verdict,
} from '../../core/index.ts';
import {
  type AnsweringEntry,
  entriesBySerial,
  judgeUnit,
  notRead,
  startOpen,
  withDoubt,
  withIdentity,
  withLeftOut,
} from '../../rules/index.ts';
import { createEarlierStarts, type Drivers, type EvaluatedUnit, lookAll } from '../../run/index.ts';
import { createLocks } from '../../state/index.ts';
import { createCounter } from '../counter.ts';
import type { Io } from '../io.ts';
import type { Fleet } from './open.ts';
import { runLockName } from './run-lock.ts';

/** The transport of an update to a target. */
export function transportOf(target: UnitTarget): Transport {
  if (target.network !== null) return 'nmc';
  return target.local !== null && 'usb' in target.local ? 'usb' : 'serial';
}

/**
 * Reads the entries that were not chosen and share a load, if a chosen unit can be upgraded: an entry may be
 * the same unit under another name. Only reads.
 */
async function lookElsewhere(
  fleet: Fleet,
  judged: readonly EvaluatedUnit[],
  paths: Drivers,
  io: Io,
): Promise<readonly AnsweringEntry[]> {
  if (!judged.some(({ verdict }) => verdict.status === 'outdated')) return [];
  const chosen = new Set(fleet.chosen.map(unitKey));
  const others = [...fleet.targets.values(), ...fleet.sharing].filter(
    (target) => !chosen.has(unitKey(target)),
  );
  const looks = await lookAll(paths, others, { clock: io.clock, signal: io.stop });
  io.stop.throwIfAborted();
  return others.map((target, index) => ({
    key: unitKey(target),
    serial: looks[index]?.unit.serial ?? target.serial,
  }));
}

/**
 * Adds the reasons about serial numbers. `elsewhere`: entries that were not chosen, because a chosen unit
 * under another name must not hide its partners.
 */
function withIdentities(
  judged: readonly EvaluatedUnit[],
  elsewhere: readonly AnsweringEntry[],
): readonly EvaluatedUnit[] {
  const entries = entriesBySerial([
    ...judged.map(({ target, look }) => ({ key: unitKey(target), serial: look.unit.serial })),
    ...elsewhere,
  ]);
  return judged.map((one) => {
    const { target, look } = one;
    return {
      ...one,
      verdict: withIdentity(one.verdict, { unit: look.unit, listed: comparable(look, target), entries }),
    };
  });
}

/** The serial number of the inventory, if the look can confirm or contradict it. */
function comparable({ unit, problem }: Look, { serial }: UnitTarget): string | null {
  return problem !== null && usableSerial(unit.serial) === null ? null : serial;
}

/** False where the device does not answer any more: its condition is not known, whatever was read before. */
function answers({ problem }: Look): boolean {
  return problem === null || !problem.code.startsWith('link/') || hasAnswered(problem);
}

/**
 * Why the rules cannot evaluate a unit behind a card: another device answers, nothing about a unit could be
 * read, or nothing was asked. Null if they can. A card without its application can be evaluated itself.
 */
function unreadable({ kind, problem }: Look, target: UnitTarget): Problem | null {
  if (problem === null || target.network === null || problem.code === 'device/no-application') return null;
  if (problem.code === 'device/lost-ups') return problem;
  return kind === 'smart-ups' ? null : problem;
}

/** The verdict of the rules on a unit as it was seen. */
function judge(fleet: Fleet, target: UnitTarget, look: Look, forPlan: boolean): Verdict {
  const transport = transportOf(target);
  const problem = unreadable(look, target);
  if (problem !== null && answers(look)) return notRead(problem, target.serial, transport);
  const verdict = judgeUnit(fleet.book, {
    component: fleet.component,
    cardFiles: forPlan ? fleet.cardFiles : [],
    unit: answers(look) ? look.unit : { ...look.unit, reachable: false },
    images: fleet.images,
    transport,
    operator: target,
  });
  return withDoubt(verdict, answers(look) ? (look.doubt ?? null) : null);
}

/** A unit that was not asked is unknown, and nothing is planned for it. */
function notAsked(target: UnitTarget, problem: Problem): EvaluatedUnit {
  const { site, name, network } = target;
  const unit = unknownUnit({ site, name, host: network?.host ?? null, port: network?.ports.snmp ?? null });
  return {
    target,
    look: { unit, kind: null, description: null, problem },
    verdict: { status: 'unknown', target: null, hops: [], transport: null, wizard: null, reasons: [] },
  };
}

/**
 * Reads the chosen units and evaluates the rules. An audit (without `forPlan`) is about the UPS alone.
 * `state`: the state folder, whose runs may have starts with an unknown result. Only reads. Throws Problem
 * refused/interrupted where the operator stops it.
 */
export async function lookAndJudge(
  fleet: Fleet,
  paths: Drivers,
  state: string,
  io: Io,
  forPlan = false,
): Promise<readonly EvaluatedUnit[]> {
  const asked = fleet.chosen.filter((target) => !fleet.unasked.has(unitKey(target)));
  const counter = createCounter(io);
  const looks = await lookAll(
    paths,
    asked,
    { clock: io.clock, signal: io.stop, card: fleet.component !== 'ups' },
    ({ total, looked, unreachable, silent }) =>
      counter.show(
        `${looked} of ${total} units checked, ${unreachable} unreachable, ${silent} silent so far`,
      ),
  ).finally(() => counter.end());
  // A look that was stopped says nothing about its unit.
  io.stop.throwIfAborted();
  const seen = new Map(asked.map((target, index) => [target, looks[index]]));
  const judged = fleet.chosen.flatMap((target) => {
    const problem = fleet.unasked.get(unitKey(target));
    if (problem !== undefined) return [notAsked(target, problem)];
    const look = seen.get(target);
    if (look === undefined) return [];
    const verdict = judge(fleet, target, look, forPlan);
    return [{ target, look, verdict: withLeftOut(verdict, look.unit.firmware.microLinkId, fleet.leftOut) }];
  });
  const marked = await withOpenStarts(judged, state, io);
  return withIdentities(marked, forPlan ? await lookElsewhere(fleet, marked, paths, io) : []);
}

/** With these statuses a unit may still be updating in an earlier run. */
const MAY_BE_UPDATING: readonly Status[] = ['outdated', 'blocked', 'unknown', 'unreachable'];

/**
 * Adds the starts of earlier runs whose result is not known: the unit may still be updating, and no other
 * remedy is safe. Unreadable records only give a warning here; they stop a start.
 */
async function withOpenStarts(
  judged: readonly EvaluatedUnit[],
  state: string,
  io: Io,
): Promise<readonly EvaluatedUnit[]> {
  const locks = createLocks(state);
  const marked: EvaluatedUnit[] = [];
  try {
    const openOn = await createEarlierStarts(state, null).readAll();
    for (const one of judged) {
      const { look, verdict } = one;
      const open = MAY_BE_UPDATING.includes(verdict.status) ? openOn(look.unit) : null;
      const isAtWork = open !== null && (await locks.holder(runLockName(open.run))) !== null;
      marked.push(open === null ? one : { ...one, verdict: startOpen(verdict, open, isAtWork) });
    }
    return marked;
  } catch (thrown) {
    const { message, hint } = asProblem(thrown);
    io.info(`It is not known whether an earlier run has a start without a result: ${message} ${hint}\n`);
    return judged;
  }
}
