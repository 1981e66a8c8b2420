import {
  type Alternative,
  isRefusal,
  type OrderLists,
  type OrderUnit,
  type ProblemJson,
  type Reason,
  readTypedFirmware,
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
import { type ConditionItems, conditionItems } from './conditions.ts';
import { choosePort, type PortChoice, toItem } from './port.ts';

export interface WorkOrderInput {
  /** `site/name`. */
  readonly key: string;
  readonly unit: Unit;
  /** The verdict over the transport of the inventory; null for a described unit. */
  readonly verdict: Pick<Verdict, 'status' | 'reasons'> | null;
  /** The transport of the inventory. */
  readonly transport: Transport | null;
  /** All images of the folder, including damaged ones. */
  readonly images: readonly StoredImage[];
  /** Why the unit could not be read; null if it was read. */
  readonly problem?: Pick<ProblemJson, 'code'> | null;
}

/**
 * The work order for a unit that cannot be updated remotely: it has no card, or its card or firmware does not
 * accept the update. Null if nothing is to be done, the hardware is not supported, or no image and port can
 * be named. Pure.
 */
export function workOrder(book: RuleBook, input: WorkOrderInput): WorkOrder | null {
  const { unit, transport, problem = null } = input;
  if (problem?.code === 'device/no-application') return cardOrder(book, input);
  if (!unit.reachable || transport === null || !needsOrder(book, input)) return null;
  const choice = choosePort(book, unit, transport, input.images);
  return choice === null ? null : upsOrder(book, input, choice);
}

/** The work order for a described unit; null also if it would be updated through a card. */
export function describedOrder(book: RuleBook, input: DecisionInput): WorkOrder | null {
  const { model, sku = null, serial = null, ratedVA = null, transport } = input;
  if (transport === 'nmc') return null;
  const unit: Unit = {
    ...unknownUnit({ site: null, name: null, host: null, port: null }),
    model,
    sku,
    serial,
    ratingVA: ratedVA,
    firmware: readTypedFirmware(input.firmware),
    reachable: true,
  };
  return workOrder(book, { key: 'UNIT', unit, verdict: null, transport, images: [] });
}

/** With these statuses no person is needed, or nobody can help. */
const NO_MANUAL_ACTION: ReadonlySet<Status> = new Set<Status>(['current', 'unsupported', 'outdated']);

/** A unit behind a card gets a work order only if an update over a cable avoids the refusal. */
function needsOrder(book: RuleBook, { transport, verdict }: WorkOrderInput): boolean {
  if (verdict !== null && NO_MANUAL_ACTION.has(verdict.status)) return false;
  if (transport !== 'nmc') return true;
  return verdict !== null && cableReasons(book, verdict).length > 0;
}

/** The refusals that do not apply over a cable. */
function cableReasons(book: RuleBook, { reasons }: Pick<Verdict, 'reasons'>): readonly Reason[] {
  return reasons.filter((reason) => isRefusal(reason) && book.cable.has(reason.rule));
}

/** The condition of a described unit is not known. */
const NOT_SEEN: ConditionItems = { first: [], unknown: [], notes: [] };

function upsOrder(book: RuleBook, input: WorkOrderInput, { option, because }: PortChoice): WorkOrder {
  const { key, unit, transport, verdict } = input;
  const { hops } = option.route;
  const last = hops.at(-1);
  const facts = new Map([...option.facts, ...siteFacts(book, key, unit, hops)]);
  const site = evaluateStages(book, facts, ['site']);
  const condition = verdict === null ? NOT_SEEN : conditionItems(book, facts);
  const identity = verdict?.reasons.filter(({ rule }) => rule === 'identity') ?? [];
  const assessed = { items: [...option.items, ...site.items] };
  const wizard = facts.get('advice.wizard');
  const gateItems = transport === 'nmc' && verdict !== null ? cableReasons(book, verdict).map(toItem) : [];
  return {
    key,
    procedure: 'wizard',
    unit: orderUnit(unit, transport),
    installed: { version: unit.firmware.version, microLinkId: unit.firmware.microLinkId },
    target: last === undefined ? null : { ...last.to, image: last.image },
    hops,
    port: { use: option.port, because: [...gateItems, ...because] },
    wizard: typeof wizard === 'string' ? wizard : null,
    minutes: itemsOf(assessed, 'minutes')[0] ?? null,
    ...itemLists(assessed),
    first: [...identity.map(toItem), ...condition.first, ...site.reasons.filter(isRefusal).map(toItem)],
    unknown: [...itemsOf(assessed, 'findOut'), ...condition.unknown],
    notes: [...[...option.warnings, ...warningsOf(site)].map(toItem), ...condition.notes],
    alternatives: (['usb-drive', 'panel'] as const).flatMap(
      (stage) => alternativeOf(book, facts, stage) ?? [],
    ),
  };
}

function cardOrder(book: RuleBook, { key, unit, transport }: WorkOrderInput): WorkOrder {
  const facts = new Map(siteFacts(book, key, unit, []));
  const assessment = evaluateStages(book, facts, ['card-console']);
  return {
    key,
    procedure: 'card-console',
    unit: orderUnit(unit, transport),
    installed: { version: null, microLinkId: null },
    target: null,
    hops: [],
    port: null,
    wizard: null,
    minutes: itemsOf(assessment, 'minutes')[0] ?? null,
    ...itemLists(assessment),
    first: assessment.reasons.filter(isRefusal).map(toItem),
    unknown: itemsOf(assessment, 'findOut'),
    notes: warningsOf(assessment).map(toItem),
    alternatives: [],
  };
}

function warningsOf({ reasons }: Assessment): Assessment['reasons'] {
  return reasons.filter(({ outcome }) => outcome === 'warn');
}

function itemLists(
  assessment: Pick<Assessment, 'items'>,
): Pick<OrderLists, 'bring' | 'prepare' | 'steps' | 'check' | 'ifItFails'> {
  return {
    bring: itemsOf(assessment, 'bring'),
    prepare: itemsOf(assessment, 'prepare'),
    steps: itemsOf(assessment, 'step'),
    check: itemsOf(assessment, 'check'),
    ifItFails: itemsOf(assessment, 'fail'),
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

/** Another procedure from the rules; null if a rule refuses it or nothing is known about it. */
function alternativeOf(book: RuleBook, facts: ReadonlyMap<string, Fact>, stage: Stage): Alternative | null {
  const assessment = evaluateStages(book, new Map(facts), [stage]);
  const [title] = itemsOf(assessment, 'title');
  if (title === undefined || assessment.reasons.some(isRefusal)) return null;
  const steps = (['bring', 'prepare', 'step', 'check', 'findOut'] as const).flatMap((kind) =>
    itemsOf(assessment, kind),
  );
  return { title: title.text, steps };
}
