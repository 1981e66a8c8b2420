import {
  type Alternative,
  type OrderLists,
  type OrderUnit,
  type ProblemJson,
  type Reason,
  readFirmware,
  type Status,
  type StoredImage,
  type Transport,
  type Unit,
  unknownUnit,
  type Verdict,
  type WorkOrder,
} from '../../core/index.ts';
import type { RuleBook } from '../catalogue/rule-book.ts';
import type { Fact } from '../engine/evaluate.ts';
import type { Stage } from '../engine/schema.ts';
import { type Assessment, evaluateStages, itemsOf } from '../engine/stages.ts';
import { siteFacts } from '../facts/site.ts';
import type { DecisionInput } from '../judge/described.ts';
import { type MomentLines, momentLines } from './conditions.ts';
import { choosePort, type PortChoice, toItem } from './port.ts';
import { isAgainst } from './route.ts';

export interface WorkOrderInput {
  /** `site/name`. */
  readonly key: string;
  readonly unit: Unit;
  /** What was judged of the unit by the way of the inventory; null of a unit that was only described. */
  readonly verdict: Pick<Verdict, 'status' | 'reasons'> | null;
  /** The way of the inventory to the unit. */
  readonly transport: Transport | null;
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
  const { unit, transport, problem = null } = input;
  if (problem?.code === 'device/no-application') return cardOrder(book, input);
  if (!unit.reachable || transport === null || !isWanted(book, input)) return null;
  const choice = choosePort(book, unit, transport, input.images);
  return choice === null ? null : upsOrder(book, input, choice);
}

/** The work order for a unit that somebody describes; null too where it would be updated through a card. */
export function describedOrder(book: RuleBook, input: DecisionInput): WorkOrder | null {
  const { model, sku = null, serial = null, ratedVA = null, transport } = input;
  if (transport === 'nmc') return null;
  const unit: Unit = {
    ...unknownUnit({ site: null, name: null, host: null, port: null }),
    model,
    sku,
    serial,
    ratingVA: ratedVA,
    firmware: readFirmware(input.firmware),
    reachable: true,
  };
  return workOrder(book, { key: 'UNIT', unit, verdict: null, transport: transport, images: [] });
}

/** Nothing to do, nothing that helps, or nothing that a person is needed for. */
const NO_MANUAL_ACTION: ReadonlySet<Status> = new Set<Status>(['current', 'unsupported', 'outdated']);

/** A unit behind a card is sent to a cable only where a cable goes round what stands against its update. */
function isWanted(book: RuleBook, { transport, verdict }: WorkOrderInput): boolean {
  if (verdict !== null && NO_MANUAL_ACTION.has(verdict.status)) return false;
  if (transport !== 'nmc') return true;
  return verdict !== null && cableReasons(book, verdict).length > 0;
}

/** What stands against the way through the card, and not against a cable. */
function cableReasons(book: RuleBook, { reasons }: Pick<Verdict, 'reasons'>): readonly Reason[] {
  return reasons.filter((reason) => isAgainst(reason) && book.cable.has(reason.rule));
}

/** A unit that was only described was not seen, so nothing can be said of how it stands. */
const NOT_SEEN: MomentLines = { first: [], unknown: [], notes: [] };

function upsOrder(book: RuleBook, input: WorkOrderInput, { reading, because }: PortChoice): WorkOrder {
  const { key, unit, transport, verdict } = input;
  const { hops } = reading.route;
  const last = hops.at(-1);
  const facts = new Map([...reading.facts, ...siteFacts(book, key, unit, hops)]);
  const site = evaluateStages(book, facts, ['site']);
  const now = verdict === null ? NOT_SEEN : momentLines(book, facts);
  const identity = verdict?.reasons.filter(({ rule }) => rule === 'identity') ?? [];
  const told = { lines: [...reading.lines, ...site.lines] };
  const wizard = facts.get('advice.wizard');
  const shut = transport === 'nmc' && verdict !== null ? cableReasons(book, verdict).map(toItem) : [];
  return {
    key,
    procedure: 'wizard',
    unit: orderUnit(unit, transport),
    installed: { version: unit.firmware.version, microLinkId: unit.firmware.microLinkId },
    target: last === undefined ? null : { ...last.to, image: last.image },
    hops,
    port: { use: reading.port, because: [...shut, ...because] },
    wizard: typeof wizard === 'string' ? wizard : null,
    minutes: itemsOf(told, 'minutes')[0] ?? null,
    ...lists(told),
    first: [...identity.map(toItem), ...now.first, ...site.reasons.filter(isAgainst).map(toItem)],
    unknown: [...itemsOf(told, 'findOut'), ...now.unknown],
    notes: [...[...reading.warnings, ...warningsOf(site)].map(toItem), ...now.notes],
    alternatives: (['usb-drive', 'panel'] as const).flatMap((stage) => otherWay(book, facts, stage) ?? []),
  };
}

function cardOrder(book: RuleBook, { key, unit, transport }: WorkOrderInput): WorkOrder {
  const facts = new Map(siteFacts(book, key, unit, []));
  const told = evaluateStages(book, facts, ['card-console']);
  return {
    key,
    procedure: 'card-console',
    unit: orderUnit(unit, transport),
    installed: { version: null, microLinkId: null },
    target: null,
    hops: [],
    port: null,
    wizard: null,
    minutes: itemsOf(told, 'minutes')[0] ?? null,
    ...lists(told),
    first: told.reasons.filter(isAgainst).map(toItem),
    unknown: itemsOf(told, 'findOut'),
    notes: warningsOf(told).map(toItem),
    alternatives: [],
  };
}

function warningsOf({ reasons }: Assessment): Assessment['reasons'] {
  return reasons.filter(({ outcome }) => outcome === 'warn');
}

function lists(
  told: Pick<Assessment, 'lines'>,
): Pick<OrderLists, 'bring' | 'prepare' | 'steps' | 'check' | 'ifItFails'> {
  return {
    bring: itemsOf(told, 'bring'),
    prepare: itemsOf(told, 'prepare'),
    steps: itemsOf(told, 'step'),
    check: itemsOf(told, 'check'),
    ifItFails: itemsOf(told, 'fail'),
  };
}

function orderUnit(unit: Unit, transport: Transport | null): OrderUnit {
  const place = unit.port === null ? null : String(unit.port);
  return {
    site: unit.site,
    name: unit.name,
    host: unit.host,
    serialPort: transport === 'serial' ? place : null,
    usb: transport === 'usb' ? place : null,
    model: unit.model,
    sku: unit.sku,
    serial: unit.serial,
    simulated: unit.simulated,
  };
}

/** Another way that the rules offer; null where one of them refuses it or nothing is known of it. */
function otherWay(book: RuleBook, facts: ReadonlyMap<string, Fact>, stage: Stage): Alternative | null {
  const told = evaluateStages(book, new Map(facts), [stage]);
  const [title] = itemsOf(told, 'title');
  if (title === undefined || told.reasons.some(isAgainst)) return null;
  const steps = (['bring', 'prepare', 'step', 'check', 'findOut'] as const).flatMap((kind) =>
    itemsOf(told, kind),
  );
  return { title: title.text, steps };
}
