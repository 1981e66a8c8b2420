import { type Reason, readFirmware, type Transport, usableSerial, type WorkItem } from '../../core/index.ts';
import { type AdvisoryStatus, advisoriesOf } from '../catalogue/advisories.ts';
import type { RuleBook } from '../catalogue/rule-book.ts';
import type { FirmwareLine } from '../catalogue/schema.ts';
import { builtIn } from '../engine/built-in.ts';
import type { Fact } from '../engine/evaluate.ts';
import type { Stage } from '../engine/schema.ts';
import { evaluateStages, itemsOf } from '../engine/stages.ts';
import { cardGateFacts } from '../facts/card-gate.ts';
import { lineFacts } from '../facts/line.ts';
import { dateCodeOf, describedFacts } from '../facts/unit.ts';
import { ambiguity, findRoute, isTwoStep } from './route.ts';

/** A unit as somebody describes it. */
export interface DecisionInput {
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

/** The judgement on a described unit. `supported` is about the unit over the port that was named. */
export interface Decision {
  readonly supported: boolean | 'unknown';
  readonly wizard: string | null;
  /** Normalised name: blanks to underscores, no `.enc`. */
  readonly image: string | null;
  /** The version that the image brings. */
  readonly target: string | null;
  readonly upToDate: boolean | null;
  readonly reasons: readonly Reason[];
  /** What a person on site has to see to. */
  readonly prepare: readonly WorkItem[];
  /** The way to the newest release, with the images that the catalogue knows. */
  readonly hops: readonly DescribedHop[];
  readonly advisories: readonly AdvisoryStatus[];
}

const STAGES_OF_A_DESCRIPTION: readonly Stage[] = [
  'family',
  'firmware',
  'support',
  'wizard',
  'image',
  'port',
  'gate',
];

/**
 * What tells units apart as far as these rules look: units of one kind get one decision. A serial number counts by what is
 * read from it, unless a rule asks for the number itself.
 */
export function kindOf(book: RuleBook, input: DecisionInput): string {
  const { model, sku, firmware, serial, ratedVA, transport } = input;
  const ofSerial = book.readsSerials
    ? serial
    : [dateCodeOf(serial ?? null), usableSerial(serial ?? null) !== null];
  return JSON.stringify([model, sku, firmware, ratedVA, transport, ofSerial]);
}

/** Decides on a unit by its description, without any folder of images. Pure. */
export function judgeDescribed(book: RuleBook, input: DecisionInput): Decision {
  const firmware = readFirmware(input.firmware);
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
  const { reasons, lines } = evaluateStages(book, facts, STAGES_OF_A_DESCRIPTION);
  const order = facts.get('advice.order');
  const way = order === 'older' && line !== undefined ? wayOf(book, facts, line, input.transport) : NO_WAY;
  const said = new Set(reasons.map(({ code }) => code));
  // The first hop goes the way that was asked about already.
  const all = [...reasons, ...way.first.filter(({ code }) => !said.has(code)), ...way.later];
  return {
    supported: supportedBy(all),
    wizard: text(facts.get('advice.wizard')),
    image: text(facts.get('advice.image')),
    target: text(facts.get('advice.target')),
    upToDate: typeof order === 'string' ? order !== 'older' : null,
    reasons: all,
    prepare: itemsOf({ lines }, 'prepare'),
    hops: way.hops,
    advisories: advisoriesOf(book, firmware),
  };
}

function supportedBy(reasons: readonly Reason[]): boolean | 'unknown' {
  if (reasons.some(({ outcome }) => outcome === 'block')) return false;
  return reasons.some(({ outcome }) => outcome === 'unknown') ? 'unknown' : true;
}

interface Way {
  readonly hops: readonly DescribedHop[];
  /** What is said of the first hop, and of those after it. */
  readonly first: readonly Reason[];
  readonly later: readonly Reason[];
}

const NO_WAY: Way = { hops: [], first: [], later: [] };

/** Judging a route asks every rule of every hop; units of one kind share the answer. */
const ways = new WeakMap<RuleBook, Map<string, Way>>();
const MOST_WAYS = 10_000;

function wayOf(
  book: RuleBook,
  facts: ReadonlyMap<string, Fact>,
  line: FirmwareLine,
  transport: Transport,
): Way {
  const version = text(facts.get('unit.version')) ?? '';
  const key = [line.id, version, transport, facts.get('unit.sku'), facts.get('unit.ratedVA')].join('|');
  const known = ways.get(book) ?? new Map<string, Way>();
  ways.set(book, known);
  const found = known.get(key);
  if (found !== undefined) return found;
  if (known.size >= MOST_WAYS) known.clear();
  const made = findWay(book, facts, line, version, transport);
  known.set(key, made);
  return made;
}

function findWay(
  book: RuleBook,
  facts: ReadonlyMap<string, Fact>,
  line: FirmwareLine,
  version: string,
  transport: Transport,
): Way {
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

/** A release of which no file is known: the answer has no image to name. */
function imageNotKnown(facts: ReadonlyMap<string, Fact>): Reason {
  return builtIn(
    'IMAGE_NOT_KNOWN',
    'warn',
    `no image of ${facts.get('advice.target')} for id ${facts.get('unit.printedId')} is in the catalogue`,
    'Get it from the vendor, and look at it with upsfw images.',
  );
}

function text(fact: Fact | undefined): string | null {
  return typeof fact === 'string' ? fact : null;
}
