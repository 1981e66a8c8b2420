import {
  type OrderLists,
  type OrderUnit,
  type OtherWay,
  type PathKind,
  type ProblemJson,
  type Reason,
  readFirmware,
  type Status,
  type StoredImage,
  type Unit,
  unseenUnit,
  type Verdict,
  type WorkOrder,
} from '../../core/index.ts';
import type { RuleBook } from '../catalogue/rule-book.ts';
import type { Fact } from '../engine/evaluate.ts';
import type { Stage } from '../engine/schema.ts';
import { type Assessment, assess, linesOf } from '../engine/stages.ts';
import { siteFacts } from '../facts/site.ts';
import type { DecisionInput } from '../judge/described.ts';
import { type MomentLines, momentLines } from './conditions.ts';
import { choosePort, type PortChoice, saidOf } from './port.ts';
import { isAgainst } from './route.ts';

export interface WorkOrderInput {
  /** `site/name`. */
  readonly key: string;
  readonly unit: Unit;
  /** What was judged of the unit by the way of the inventory; null of a unit that was only described. */
  readonly verdict: Pick<Verdict, 'status' | 'reasons'> | null;
  /** The way of the inventory to the unit. */
  readonly path: PathKind | null;
  /** The images of the folder, damaged ones included. */
  readonly images: readonly StoredImage[];
  /** Why the unit could not be looked at; null where it could. */
  readonly problem?: Pick<ProblemJson, 'code'> | null;
}

/**
 * What a person on site has to do with a unit that is not updated from here: one that has no card, or whose card or installed
 * firmware keeps updates from coming that way. Null where nothing is to be done, where the hardware is not handled, and where
 * too little is known to name an image and a port. Pure.
 */
export function workOrder(book: RuleBook, input: WorkOrderInput): WorkOrder | null {
  const { unit, path, problem = null } = input;
  if (problem?.code === 'device/no-application') return cardOrder(book, input);
  if (!unit.reachable || path === null || !isWanted(book, input)) return null;
  const choice = choosePort(book, unit, path, input.images);
  return choice === null ? null : upsOrder(book, input, choice);
}

/** The work order for a unit that somebody describes; null too where it would be updated through a card. */
export function describedOrder(book: RuleBook, input: DecisionInput): WorkOrder | null {
  const { model, sku = null, serial = null, ratedVA = null, transport } = input;
  if (transport === 'nmc') return null;
  const unit: Unit = {
    ...unseenUnit({ site: null, name: null, host: null, port: null }),
    model,
    sku,
    serial,
    ratingVA: ratedVA,
    firmware: readFirmware(input.firmware),
    reachable: true,
  };
  return workOrder(book, { key: 'UNIT', unit, verdict: null, path: transport, images: [] });
}

/** Nothing to do, nothing that helps, or nothing that a person is needed for. */
const NOTHING_FOR_HANDS: ReadonlySet<Status> = new Set<Status>(['current', 'unsupported', 'outdated']);

/** A unit behind a card is sent to a cable only where a cable goes round what stands against its update. */
function isWanted(book: RuleBook, { path, verdict }: WorkOrderInput): boolean {
  if (verdict !== null && NOTHING_FOR_HANDS.has(verdict.status)) return false;
  if (path !== 'nmc') return true;
  return verdict !== null && cableReasons(book, verdict).length > 0;
}

/** What stands against the way through the card, and not against a cable. */
function cableReasons(book: RuleBook, { reasons }: Pick<Verdict, 'reasons'>): readonly Reason[] {
  return reasons.filter((reason) => isAgainst(reason) && book.cable.has(reason.rule));
}

/** A unit that was only described was not seen, so nothing can be said of how it stands. */
const NOT_SEEN: MomentLines = { first: [], unknown: [], notes: [] };

function upsOrder(book: RuleBook, input: WorkOrderInput, { reading, because }: PortChoice): WorkOrder {
  const { key, unit, path, verdict } = input;
  const { hops } = reading.route;
  const last = hops.at(-1);
  const facts = new Map([...reading.facts, ...siteFacts(book, key, unit, hops)]);
  const site = assess(book, facts, ['site']);
  const now = verdict === null ? NOT_SEEN : momentLines(book, facts);
  const identity = verdict?.reasons.filter(({ rule }) => rule === 'identity') ?? [];
  const told = { lines: [...reading.lines, ...site.lines] };
  const wizard = facts.get('advice.wizard');
  const shut = path === 'nmc' && verdict !== null ? cableReasons(book, verdict).map(saidOf) : [];
  return {
    key,
    way: 'wizard',
    unit: orderUnit(unit, path),
    installed: { version: unit.firmware.version, microLinkId: unit.firmware.microLinkId },
    target: last === undefined ? null : { ...last.to, image: last.image },
    hops,
    port: { use: reading.port, because: [...shut, ...because] },
    wizard: typeof wizard === 'string' ? wizard : null,
    minutes: linesOf(told, 'minutes')[0] ?? null,
    ...lists(told),
    first: [...identity.map(saidOf), ...now.first, ...site.reasons.filter(isAgainst).map(saidOf)],
    unknown: [...linesOf(told, 'ask'), ...now.unknown],
    notes: [...[...reading.warnings, ...warningsOf(site)].map(saidOf), ...now.notes],
    otherWays: (['stick', 'panel'] as const).flatMap((stage) => otherWay(book, facts, stage) ?? []),
  };
}

function cardOrder(book: RuleBook, { key, unit, path }: WorkOrderInput): WorkOrder {
  const facts = new Map(siteFacts(book, key, unit, []));
  const told = assess(book, facts, ['card-console']);
  return {
    key,
    way: 'card-console',
    unit: orderUnit(unit, path),
    installed: { version: null, microLinkId: null },
    target: null,
    hops: [],
    port: null,
    wizard: null,
    minutes: linesOf(told, 'minutes')[0] ?? null,
    ...lists(told),
    first: told.reasons.filter(isAgainst).map(saidOf),
    unknown: linesOf(told, 'ask'),
    notes: warningsOf(told).map(saidOf),
    otherWays: [],
  };
}

function warningsOf({ reasons }: Assessment): Assessment['reasons'] {
  return reasons.filter(({ outcome }) => outcome === 'warn');
}

function lists(
  told: Pick<Assessment, 'lines'>,
): Pick<OrderLists, 'bring' | 'prepare' | 'steps' | 'check' | 'ifItFails'> {
  return {
    bring: linesOf(told, 'bring'),
    prepare: linesOf(told, 'prepare'),
    steps: linesOf(told, 'step'),
    check: linesOf(told, 'check'),
    ifItFails: linesOf(told, 'fail'),
  };
}

function orderUnit(unit: Unit, path: PathKind | null): OrderUnit {
  const place = unit.port === null ? null : String(unit.port);
  return {
    site: unit.site,
    name: unit.name,
    host: unit.host,
    serialPort: path === 'serial' ? place : null,
    usb: path === 'usb' ? place : null,
    model: unit.model,
    sku: unit.sku,
    serial: unit.serial,
    simulated: unit.simulated,
  };
}

/** Another way that the rules offer; null where one of them refuses it or nothing is known of it. */
function otherWay(book: RuleBook, facts: ReadonlyMap<string, Fact>, stage: Stage): OtherWay | null {
  const told = assess(book, new Map(facts), [stage]);
  const [title] = linesOf(told, 'title');
  if (title === undefined || told.reasons.some(isAgainst)) return null;
  const steps = (['bring', 'prepare', 'step', 'check', 'ask'] as const).flatMap((kind) =>
    linesOf(told, kind),
  );
  return { title: title.says, steps };
}
