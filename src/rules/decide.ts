import { type HopOutline, type PathKind, type Reason, readFirmware, usableSerial } from '../core/index.ts';
import { type AdvisoryStatus, advisoriesOf } from './advisories.ts';
import { assess, type Preparation } from './assess.ts';
import { type Candidate, catalogueCandidate } from './candidate.ts';
import type { Line } from './catalogue-schema.ts';
import { lineFacts } from './line-facts.ts';
import type { RuleBook } from './load.ts';
import type { Fact } from './matcher.ts';
import { findRoute } from './route.ts';
import type { Stage } from './schema.ts';
import { dateCodeOf, describedFacts } from './unit-facts.ts';

/** A unit as somebody describes it. */
export interface DecisionInput {
  readonly model: string | null;
  readonly sku?: string | null | undefined;
  readonly firmware: string | null;
  readonly serial?: string | null | undefined;
  readonly ratedVA?: number | null | undefined;
  readonly transport: PathKind;
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
  readonly prepare: readonly Preparation[];
  /** The way to the newest release, with the images that the catalogue knows. */
  readonly hops: readonly HopOutline[];
  readonly advisories: readonly AdvisoryStatus[];
}

const STAGES_OF_A_DESCRIPTION: readonly Stage[] = [
  'family',
  'firmware',
  'support',
  'wizard',
  'image',
  'port',
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
export function decide(book: RuleBook, input: DecisionInput): Decision {
  const firmware = readFirmware(input.firmware);
  const facts = describedFacts({
    model: input.model,
    sku: input.sku ?? null,
    serial: input.serial ?? null,
    ratingVA: input.ratedVA ?? null,
    firmware,
  });
  for (const [name, fact] of lineFacts(book, facts, input.transport)) facts.set(name, fact);
  const { reasons, prepare } = assess(book, facts, STAGES_OF_A_DESCRIPTION);
  const line = firmware.microLinkId === null ? undefined : book.lines.get(firmware.microLinkId);
  const order = facts.get('advice.order');
  const way = order === 'older' && line !== undefined ? wayOf(book, facts, line, input.transport) : NO_WAY;
  const all = [...reasons, ...way.reasons];
  return {
    supported: supportedBy(all),
    wizard: text(facts.get('advice.wizard')),
    image: text(facts.get('advice.image')),
    target: text(facts.get('advice.target')),
    upToDate: typeof order === 'string' ? order !== 'older' : null,
    reasons: all,
    prepare,
    hops: way.hops,
    advisories: advisoriesOf(book, firmware),
  };
}

function supportedBy(reasons: readonly Reason[]): boolean | 'unknown' {
  if (reasons.some(({ outcome }) => outcome === 'block')) return false;
  return reasons.some(({ outcome }) => outcome === 'unknown') ? 'unknown' : true;
}

interface Way {
  readonly hops: readonly HopOutline[];
  readonly reasons: readonly Reason[];
}

const NO_WAY: Way = { hops: [], reasons: [] };

/** Judging a route asks every rule of every hop; units of one kind share the answer. */
const ways = new WeakMap<RuleBook, Map<string, Way>>();
const MOST_WAYS = 10_000;

function wayOf(book: RuleBook, facts: ReadonlyMap<string, Fact>, line: Line, path: PathKind): Way {
  const version = text(facts.get('unit.version')) ?? '';
  const key = [line.id, version, path, facts.get('unit.sku'), facts.get('unit.someVA')].join('|');
  const known = ways.get(book) ?? new Map<string, Way>();
  ways.set(book, known);
  const found = known.get(key);
  if (found !== undefined) return found;
  if (known.size >= MOST_WAYS) known.clear();
  const made = findWay(book, facts, line, version, path);
  known.set(key, made);
  return made;
}

const candidates = new WeakMap<RuleBook, readonly Candidate[]>();

/** Every image of the catalogue. */
function candidatesOf(book: RuleBook): readonly Candidate[] {
  const known = candidates.get(book);
  if (known !== undefined) return known;
  const all = [...book.lines.values()].flatMap((line) =>
    line.images.map((image) => catalogueCandidate(line.id, image)),
  );
  candidates.set(book, all);
  return all;
}

function findWay(
  book: RuleBook,
  facts: ReadonlyMap<string, Fact>,
  line: Line,
  version: string,
  path: PathKind,
): Way {
  const route = findRoute(book, {
    unit: facts,
    from: { microLinkId: line.id, version },
    candidates: candidatesOf(book),
    path,
  });
  const hops = route.hops.map(({ image, from, to }) => ({
    from: from.version,
    to: to.version,
    image: image.file,
    microLinkIdAfter: to.microLinkId,
    path,
  }));
  const reasons = route.hops.flatMap((hop, index) =>
    hop.reasons
      .filter(({ outcome }) => outcome !== 'pass')
      .map((reason) =>
        index === 0 ? reason : { ...reason, because: `hop ${index + 1}: ${reason.because}` },
      ),
  );
  return { hops, reasons };
}

function text(fact: Fact | undefined): string | null {
  return typeof fact === 'string' ? fact : null;
}
