import { isRefusal, joinList, type Reason, type Transport } from '../../core/index.ts';
import { after, type Candidate, type InstalledFirmware } from '../catalogue/candidate.ts';
import { ratingFits } from '../catalogue/rating.ts';
import type { RuleBook } from '../catalogue/rule-book.ts';
import { applicableRules } from '../engine/applicable.ts';
import { builtIn } from '../engine/built-in.ts';
import { evaluateRule, type Fact, type Facts } from '../engine/evaluate.ts';
import { compareVersions } from '../engine/versions.ts';
import { hopFacts, orderOf } from '../facts/hop.ts';

/** One image of a route, with the firmware before and after it. */
export interface RouteHop<C extends Candidate> {
  readonly image: C;
  readonly from: InstalledFirmware;
  readonly to: InstalledFirmware;
  readonly reasons: readonly Reason[];
}

/** The images to send, hop by hop. */
export interface Route<C extends Candidate> {
  readonly hops: readonly RouteHop<C>[];
  /** Images of one version with different content. The tool does not guess the right one. */
  readonly ambiguous: readonly C[];
}

/** No known line needs more hops; a longer route would be a data error. */
const MAX_HOPS = 6;

export interface RouteInput<C extends Candidate> {
  /** Facts about the unit, for rules that name an SKU or a family. */
  readonly unit: ReadonlyMap<string, Fact>;
  readonly from: InstalledFirmware;
  readonly candidates: readonly C[];
  readonly transport: Transport | null;
}

/**
 * The route from the installed firmware to the newest that the images offer. Each hop takes the newest image
 * of the line at that point. If a rule with `liftedBySteppingStone` refuses it, the newest older image that
 * removes this refusal comes first. Other refusals do not change the route; they become its reasons.
 */
export function findRoute<C extends Candidate>(book: RuleBook, input: RouteInput<C>): Route<C> {
  const hops: RouteHop<C>[] = [];
  let at = input.from;
  while (hops.length < MAX_HOPS) {
    const newer = input.candidates.filter((one) => one.damage === null && orderOf(at, one) === 'newer');
    const choice = chooseNewest(book, at, newer, input.unit);
    const [target] = choice;
    if (target === undefined) return { hops, ambiguous: [] };
    if (choice.length > 1) return { hops, ambiguous: choice };
    const direct = hopOf(book, input, at, target);
    const hop = needsSteppingStone(book, direct)
      ? (steppingStone(book, input, direct, newer) ?? direct)
      : direct;
    hops.push(hop);
    at = hop.to;
  }
  return { hops, ambiguous: [] };
}

/** Whether a unit receives this image first and installs it when its panel allows it. */
export function isTwoStep(book: RuleBook, { from }: Pick<RouteHop<Candidate>, 'from'>): boolean {
  const twoStep = book.lines.get(from.microLinkId)?.twoStep ?? null;
  return twoStep !== null && (compareVersions(from.version, twoStep.from) ?? -1) >= 0;
}

/** The reasons of the hop rules for one hop. */
export function hopReasons(
  book: RuleBook,
  unit: ReadonlyMap<string, Fact>,
  at: InstalledFirmware | null,
  image: Candidate,
  others: readonly Candidate[],
  transport: Transport | null,
): readonly Reason[] {
  const own = new Map<string, Fact>();
  if (at !== null) {
    own.set(
      'hop.isFirst',
      unit.get('unit.version') === at.version && unit.get('unit.printedId') === at.microLinkId,
    );
    own.set('unit.version', at.version);
    own.set('unit.microLinkId', String(at.microLinkId));
    own.set('unit.printedId', at.microLinkId);
  }
  const hop = hopFacts(book, at, image, others, transport);
  const facts: Facts = {
    get(name) {
      const value = own.get(name) ?? hop.get(name);
      // A fact of the hop that is not known is null, and hides one of the unit.
      return value === undefined ? unit.get(name) : value;
    },
  };
  const { hop: rules = [] } = applicableRules(book.byStage, facts);
  return rules.flatMap((rule) => evaluateRule(rule, facts, book.overridden) ?? []);
}

function hopOf<C extends Candidate>(
  book: RuleBook,
  input: RouteInput<C>,
  at: InstalledFirmware,
  image: C,
): RouteHop<C> {
  const reasons = hopReasons(book, input.unit, at, image, input.candidates, input.transport);
  return { image, from: at, to: after(at, image), reasons };
}

/** Whether a rule refuses the hop that an intermediate hop can satisfy. */
function needsSteppingStone(book: RuleBook, hop: RouteHop<Candidate>): boolean {
  return hop.reasons.some((reason) => isRefusal(reason) && book.liftable.has(reason.rule));
}

/** The newest image below the target that may be sent now, and after which the target may be sent. */
function steppingStone<C extends Candidate>(
  book: RuleBook,
  input: RouteInput<C>,
  direct: RouteHop<C>,
  newer: readonly C[],
): RouteHop<C> | undefined {
  const { from, image: target } = direct;
  const intermediates = newer
    .filter((one) => orderOf(after(from, one), target) === 'newer')
    .sort((a, b) => compareVersions(b.version ?? '', a.version ?? '') ?? 0);
  for (const image of intermediates) {
    const hop = hopOf(book, input, from, image);
    if (!needsSteppingStone(book, hop) && !needsSteppingStone(book, hopOf(book, input, hop.to, target)))
      return hop;
  }
  return undefined;
}

/**
 * The images of the highest version. If their content differs, the one that the catalogue knows for this
 * unit.
 */
function chooseNewest<C extends Candidate>(
  book: RuleBook,
  at: InstalledFirmware,
  newer: readonly C[],
  unit: ReadonlyMap<string, Fact>,
): readonly C[] {
  const best = newer.filter((image) =>
    newer.every((other) => (compareVersions(image.version ?? '', other.version ?? '') ?? 0) >= 0),
  );
  const contents = [...new Map(best.map((image) => [image.sha256, image])).values()];
  if (contents.length <= 1) return best.slice(0, 1);
  const known = (book.lines.get(at.microLinkId)?.images ?? []).filter(
    (image) => ratingFits(image.rating, unit) !== false,
  );
  const trusted = contents.filter((image) => known.some((one) => one.sha256 === image.sha256));
  return trusted.length === 1 ? trusted : contents;
}

/** The reason for several images of one version with different content; null for an empty list. */
export function ambiguity(images: readonly Candidate[], at: InstalledFirmware): Reason | null {
  const [first] = images;
  if (first === undefined) return null;
  const files = joinList(images.map((one) => one.file));
  return builtIn(
    'IMAGE_AMBIGUOUS',
    'unknown',
    `${files} have the same ID ${at.microLinkId} and version ${first.version ?? 'not known'} but different content`,
    'Find out which file fits this unit (the rating may decide) and keep only that one.',
  );
}
