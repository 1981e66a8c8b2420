import {
  isRefusal,
  type Reason,
  type StoredImage,
  type Transport,
  type Unit,
  type WorkItem,
} from '../../core/index.ts';
import type { InstalledFirmware } from '../catalogue/candidate.ts';
import type { RuleBook } from '../catalogue/rule-book.ts';
import type { Fact } from '../engine/evaluate.ts';
import { type AdvisedItem, evaluateStages } from '../engine/stages.ts';
import { lineFacts } from '../facts/line.ts';
import { describedFacts } from '../facts/unit.ts';
import { type OrderRoute, orderRoute } from './route.ts';

/** An update over one port, with everything that the rules say about it. */
export interface PortOption {
  readonly port: 'serial' | 'usb';
  readonly facts: Map<string, Fact>;
  readonly route: OrderRoute;
  readonly items: readonly AdvisedItem[];
  /** Reasons that exclude this port or this route. */
  readonly refusals: readonly Reason[];
  /** Reasons to prefer the other port. */
  readonly doubts: readonly Reason[];
  /** Reasons that the work order shows as notes. */
  readonly warnings: readonly Reason[];
}

/** The chosen port, and why it is not the requested one. */
export interface PortChoice {
  readonly option: PortOption;
  readonly because: readonly WorkItem[];
}

/**
 * Chooses the port of a unit: the one of the inventory (serial for a unit with a card), or the other one if
 * rules advise against the first. Null if the hardware is not supported, nothing is to be done, or neither
 * port is known to work.
 */
export function choosePort(
  book: RuleBook,
  unit: Unit,
  transport: Transport,
  images: readonly StoredImage[],
): PortChoice | null {
  const wanted = transport === 'usb' ? 'usb' : 'serial';
  const first = assessPort(book, unit, wanted, images);
  if (first === null) return null;
  const isOpen = first.refusals.length === 0;
  if (isOpen && first.doubts.length === 0) return { option: first, because: [] };
  const second = assessPort(book, unit, wanted === 'usb' ? 'serial' : 'usb', images);
  const isBetter = second?.refusals.length === 0 && (!isOpen || second.doubts.length === 0);
  if (second !== null && isBetter) {
    return { option: second, because: [...first.refusals, ...first.doubts].map(toItem) };
  }
  return isOpen ? { option: first, because: [] } : null;
}

/** A reason as work item: both sides, and the remedy. */
export function toItem({ because, remedy, source }: Reason): WorkItem {
  return { text: remedy === null ? because : `${because}. ${remedy}`, source };
}

/** Null if the port does not matter: the unit is not supported, not identified, or needs no update. */
function assessPort(
  book: RuleBook,
  unit: Unit,
  port: 'serial' | 'usb',
  images: readonly StoredImage[],
): PortOption | null {
  const { microLinkId, version } = unit.firmware;
  if (microLinkId === null || version === null) return null;
  const at: InstalledFirmware = { microLinkId, version };
  const facts = describedFacts(unit);
  for (const [name, fact] of lineFacts(book, facts, port)) facts.set(name, fact);
  const support = evaluateStages(book, facts, ['family', 'firmware', 'support']);
  if (support.unsupported || support.reasons.some(isRefusal)) return null;
  const wizard = evaluateStages(book, facts, ['wizard']);
  const image = evaluateStages(book, facts, ['image']);
  const ofPort = evaluateStages(book, facts, ['port']);
  const route = orderRoute(book, { facts, at, images, port });
  if (route.hops.length === 0) return null;
  const reasons = [...wizard.reasons, ...ofPort.reasons, ...route.reasons];
  return {
    port,
    facts,
    route,
    items: [...wizard.items, ...image.items, ...ofPort.items],
    refusals: [...reasons.filter(isRefusal), ...image.reasons.filter(({ outcome }) => outcome === 'block')],
    doubts: ofPort.reasons.filter(({ outcome }) => outcome === 'warn'),
    warnings: [
      ...[...support.reasons, ...reasons].filter(({ outcome }) => outcome === 'warn'),
      ...image.reasons.filter(({ outcome }) => outcome === 'warn' || outcome === 'unknown'),
    ],
  };
}
