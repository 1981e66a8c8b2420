import type { Reason, StoredImage, Transport, Unit, WorkItem } from '../../core/index.ts';
import type { InstalledFirmware } from '../catalogue/candidate.ts';
import type { RuleBook } from '../catalogue/rule-book.ts';
import type { Fact } from '../engine/evaluate.ts';
import { type AdvisedItem, evaluateStages } from '../engine/stages.ts';
import { lineFacts } from '../facts/line.ts';
import { describedFacts } from '../facts/unit.ts';
import { isAgainst, type OrderRoute, orderRoute } from './route.ts';

/** A unit over one of its ports, with all that the rules say of it there. */
export interface PortReading {
  readonly port: 'serial' | 'usb';
  readonly facts: Map<string, Fact>;
  readonly route: OrderRoute;
  readonly lines: readonly AdvisedItem[];
  /** What stands against this port or this route; with any of it no order is made over this port. */
  readonly against: readonly Reason[];
  /** What speaks for the other port without standing against this one. */
  readonly doubts: readonly Reason[];
  /** What is worth a word. */
  readonly warnings: readonly Reason[];
}

/** The port that was chosen, and why it is not the one that was asked for. */
export interface PortChoice {
  readonly reading: PortReading;
  readonly because: readonly WorkItem[];
}

/**
 * Chooses the port of a unit: the one of the inventory where nothing speaks against it, else the other one; for a unit with a
 * card the serial port first. Null where the hardware is not handled, nothing is to be done, or neither port is known to do.
 */
export function choosePort(
  book: RuleBook,
  unit: Unit,
  transport: Transport,
  images: readonly StoredImage[],
): PortChoice | null {
  const wanted = transport === 'usb' ? 'usb' : 'serial';
  const first = readPort(book, unit, wanted, images);
  if (first === null) return null;
  const isOpen = first.against.length === 0;
  if (isOpen && first.doubts.length === 0) return { reading: first, because: [] };
  const second = readPort(book, unit, wanted === 'usb' ? 'serial' : 'usb', images);
  const isBetter = second?.against.length === 0 && (!isOpen || second.doubts.length === 0);
  if (second !== null && isBetter) {
    return { reading: second, because: [...first.against, ...first.doubts].map(toItem) };
  }
  return isOpen ? { reading: first, because: [] } : null;
}

/** A reason as a line: both sides, and what to do about it. */
export function toItem({ because, remedy, source }: Reason): WorkItem {
  return { text: remedy === null ? because : `${because}. ${remedy}`, source };
}

/** Null where the port does not matter: the unit is not handled, says too little of itself, or needs nothing. */
function readPort(
  book: RuleBook,
  unit: Unit,
  port: 'serial' | 'usb',
  images: readonly StoredImage[],
): PortReading | null {
  const { microLinkId, version } = unit.firmware;
  if (microLinkId === null || version === null) return null;
  const at: InstalledFirmware = { microLinkId, version };
  const facts = describedFacts(unit);
  for (const [name, fact] of lineFacts(book, facts, port)) facts.set(name, fact);
  const about = evaluateStages(book, facts, ['family', 'firmware', 'support']);
  if (about.unsupported || about.reasons.some(isAgainst)) return null;
  const wizard = evaluateStages(book, facts, ['wizard']);
  const image = evaluateStages(book, facts, ['image']);
  const ofPort = evaluateStages(book, facts, ['port']);
  const route = orderRoute(book, { facts, at, images, port });
  if (route.hops.length === 0) return null;
  const said = [...wizard.reasons, ...ofPort.reasons, ...route.reasons];
  return {
    port,
    facts,
    route,
    lines: [...wizard.lines, ...image.lines, ...ofPort.lines],
    against: [...said.filter(isAgainst), ...image.reasons.filter(({ outcome }) => outcome === 'block')],
    doubts: ofPort.reasons.filter(({ outcome }) => outcome === 'warn'),
    warnings: [
      ...[...about.reasons, ...said].filter(({ outcome }) => outcome === 'warn'),
      ...image.reasons.filter(({ outcome }) => outcome === 'warn' || outcome === 'unknown'),
    ],
  };
}
