import {
  type Card,
  type Reason,
  readTypedFirmware,
  type Transport,
  TYPED_FIRMWARE_FORMS,
  usableSerial,
  type WorkItem,
} from '../../core/index.ts';
import { advisoriesOf } from '../catalogue/advisories.ts';
import type { AdvisoryStatus } from '../catalogue/card-advisories.ts';
import type { RuleBook } from '../catalogue/rule-book.ts';
import type { FirmwareLine } from '../catalogue/schema.ts';
import { builtIn } from '../engine/built-in.ts';
import { evaluateRule, type Fact } from '../engine/evaluate.ts';
import { factsRead, type Stage } from '../engine/schema.ts';
import { evaluateStages, itemsOf } from '../engine/stages.ts';
import { cardGateFacts } from '../facts/card-gate.ts';
import { type DescribedCard, describedCard } from '../facts/described-card.ts';
import { lineFacts } from '../facts/line.ts';
import { dateCodeOf, describedFacts } from '../facts/unit.ts';
import { cardHealth } from './card.ts';
import { ambiguity, findRoute, isTwoStep } from './route.ts';

/** A unit by its description. */
export interface DecisionInput extends DescribedCard {
  readonly model: string | null;
  readonly sku?: string | null | undefined;
  readonly firmware: string | null;
  readonly serial?: string | null | undefined;
  readonly ratedVA?: number | null | undefined;
  readonly transport: Transport;
}

/** One image of the route of a described unit, by the file names of the catalogue. */
export interface DescribedHop {
  readonly from: string;
  readonly to: string;
  readonly image: string;
  readonly microLinkIdAfter: number;
  readonly transport: Transport;
  /** The unit is known to receive an image first and to install it when its panel allows it. */
  readonly twoStep: boolean;
}

/** The result for a described unit. `supported` applies to the transport of the input. */
export interface Decision {
  readonly supported: boolean | 'unknown';
  readonly wizard: string | null;
  /** Normalized name: spaces to underscores, no `.enc`. */
  readonly image: string | null;
  /** The version of the image. */
  readonly target: string | null;
  readonly upToDate: boolean | null;
  readonly reasons: readonly Reason[];
  /** Preparations for the person at the unit. */
  readonly prepare: readonly WorkItem[];
  /** The route to the newest release with the images of the catalogue. */
  readonly hops: readonly DescribedHop[];
  readonly advisories: readonly AdvisoryStatus[];
}

const DESCRIBED_STAGES: readonly Stage[] = [
  'family',
  'firmware',
  'support',
  'wizard',
  'image',
  'port',
  'gate',
];

/**
 * A key for caching: units with the same key get the same decision. Of a serial number only the derived facts
 * count, unless a rule uses the number itself.
 */
export function kindOf(book: RuleBook, input: DecisionInput): string {
  const { model, sku, firmware, serial, ratedVA, transport, cardOs, cardModel } = input;
  const ofSerial = book.readsSerials
    ? serial
    : [dateCodeOf(serial ?? null), usableSerial(serial ?? null) !== null];
  return JSON.stringify([model, sku, firmware, ratedVA, transport, ofSerial, cardOs, cardModel]);
}

/** Evaluates a unit by its description, without an images folder. Pure. */
export function judgeDescribed(book: RuleBook, input: DecisionInput): Decision {
  const firmware = readTypedFirmware(input.firmware);
  const facts = describedFacts({
    model: input.model,
    sku: input.sku ?? null,
    serial: input.serial ?? null,
    ratingVA: input.ratedVA ?? null,
    firmware,
  });
  const { microLinkId, version } = firmware;
  const line = microLinkId === null ? undefined : book.lines.get(microLinkId);
  const at = microLinkId === null || version === null ? null : { microLinkId, version };
  for (const [name, fact] of lineFacts(book, facts, input.transport)) facts.set(name, fact);
  for (const [name, fact] of cardGateFacts(at, line)) facts.set(name, fact);
  const { reasons, items } = evaluateStages(book, facts, DESCRIBED_STAGES);
  const order = facts.get('advice.order');
  const route =
    order === 'older' && line !== undefined ? cachedRoute(book, facts, line, input.transport) : NO_ROUTE;
  const codes = new Set(reasons.map(({ code }) => code));
  // The stages above already evaluated the transport of the first hop.
  const card = describedCard(book.cards, input);
  const ofCard = card === null || input.transport !== 'nmc' ? [] : cardReasons(book, card);
  const all = [...reasons, ...route.first.filter(({ code }) => !codes.has(code)), ...route.later, ...ofCard];
  return {
    supported: supportedBy(all),
    wizard: text(facts.get('advice.wizard')),
    image: text(facts.get('advice.image')),
    target: text(facts.get('advice.target')),
    upToDate: typeof order === 'string' ? order !== 'older' : null,
    reasons: firmware.version === null && firmware.raw !== null ? all.map(withForms) : all,
    prepare: itemsOf({ items }, 'prepare'),
    hops: route.hops,
    advisories: advisoriesOf(book, firmware, card),
  };
}

/** The facts about a card that a description can give. */
const CARD_FACTS: ReadonlySet<string> = new Set(['transport', 'card.model', 'card.generation']);

/** The reasons about a described card that is to carry the update: its kind, and its health. */
function cardReasons(book: RuleBook, card: Card): readonly Reason[] {
  const facts = new Map<string, Fact>([
    ['transport', 'nmc'],
    ['card.model', card.model],
    ['card.generation', card.generation],
  ]);
  const rules = (book.byStage.card ?? []).filter((rule) =>
    [...factsRead([rule])].every((name) => CARD_FACTS.has(name)),
  );
  return [
    ...rules.flatMap((rule) => evaluateRule(rule, facts, book.overridden) ?? []),
    ...cardHealth(book, card),
  ];
}

/** Codes of the rules that need a readable firmware string. */
const UNREADABLE: ReadonlySet<string> = new Set(['IDENTITY_UNKNOWN', 'FIRMWARE_UNPARSEABLE']);

/** The reason with the forms that can be read, for a person who typed another one. */
function withForms(reason: Reason): Reason {
  if (!UNREADABLE.has(reason.code) || reason.remedy === null) return reason;
  return { ...reason, remedy: `${reason.remedy} Write it as ${TYPED_FIRMWARE_FORMS}.` };
}

function supportedBy(reasons: readonly Reason[]): boolean | 'unknown' {
  if (reasons.some(({ outcome }) => outcome === 'block')) return false;
  return reasons.some(({ outcome }) => outcome === 'unknown') ? 'unknown' : true;
}

interface DescribedRoute {
  readonly hops: readonly DescribedHop[];
  /** The reasons of the first hop, and of later ones. */
  readonly first: readonly Reason[];
  readonly later: readonly Reason[];
}

const NO_ROUTE: DescribedRoute = { hops: [], first: [], later: [] };

/** Cached, because a route evaluates every rule for every hop. */
const routes = new WeakMap<RuleBook, Map<string, DescribedRoute>>();
/** The facts that decide between images for certain ratings. */
const RATINGS = ['unit.ratedVA', 'unit.modelVA'] as const;
const MAX_CACHED_ROUTES = 10_000;

function cachedRoute(
  book: RuleBook,
  facts: ReadonlyMap<string, Fact>,
  line: FirmwareLine,
  transport: Transport,
): DescribedRoute {
  const version = text(facts.get('unit.version')) ?? '';
  // The facts of a hop follow from line, version and transport.
  const rated = line.images.some(({ rating }) => rating !== undefined) ? RATINGS : [];
  const read = [...book.hopReads, ...rated, 'advice.target'].map((name) => facts.get(name) ?? null);
  const key = JSON.stringify([line.id, version, transport, read]);
  const known = routes.get(book) ?? new Map<string, DescribedRoute>();
  routes.set(book, known);
  const found = known.get(key);
  if (found !== undefined) return found;
  if (known.size >= MAX_CACHED_ROUTES) known.clear();
  const computed = describeRoute(book, facts, line, version, transport);
  known.set(key, computed);
  return computed;
}

function describeRoute(
  book: RuleBook,
  facts: ReadonlyMap<string, Fact>,
  line: FirmwareLine,
  version: string,
  transport: Transport,
): DescribedRoute {
  const route = findRoute(book, {
    unit: facts,
    from: { microLinkId: line.id, version },
    candidates: book.images,
    transport,
  });
  const hops = route.hops.map(
    (hop): DescribedHop => ({
      from: hop.from.version,
      to: hop.to.version,
      image: hop.image.file,
      microLinkIdAfter: hop.to.microLinkId,
      transport,
      twoStep: isTwoStep(book, hop),
    }),
  );
  const [first = [], ...others] = route.hops.map((hop) =>
    hop.reasons.filter(({ outcome }) => outcome !== 'pass'),
  );
  const later = others.flatMap((reasons, index) =>
    reasons.map((reason) => ({ ...reason, because: `hop ${index + 2}: ${reason.because}` })),
  );
  const ambiguous = ambiguity(route.ambiguous, route.hops.at(-1)?.to ?? { microLinkId: line.id, version });
  if (ambiguous !== null) return { hops, first, later: [...later, ambiguous] };
  return { hops, first, later: hops.length > 0 ? later : [imageNotKnown(facts)] };
}

/** The newest release is known, but no file of it. */
function imageNotKnown(facts: ReadonlyMap<string, Fact>): Reason {
  return builtIn(
    'IMAGE_NOT_KNOWN',
    'warn',
    `the catalogue has no image of ${facts.get('advice.target')} for ID ${facts.get('unit.printedId')}`,
    'Get it from the vendor and inspect it with upsfw images.',
  );
}

function text(fact: Fact | undefined): string | null {
  return typeof fact === 'string' ? fact : null;
}
