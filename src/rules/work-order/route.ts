import type { OrderHop, OrderImage, Reason, StoredImage } from '../../core/index.ts';
import { type Candidate, candidateOf, type InstalledFirmware } from '../catalogue/candidate.ts';
import type { RuleBook } from '../catalogue/rule-book.ts';
import type { Fact } from '../engine/evaluate.ts';
import { ambiguity, findRoute, type Route } from '../judge/route.ts';

/** The images of a work order, and what the rules say of each hop. */
export interface OrderRoute {
  readonly hops: readonly OrderHop[];
  readonly reasons: readonly Reason[];
}

interface RouteQuestion {
  readonly facts: ReadonlyMap<string, Fact>;
  readonly at: InstalledFirmware;
  readonly images: readonly StoredImage[];
  readonly port: 'serial' | 'usb';
}

/**
 * The images that the folder gives, where nothing stands against them; else those of folder and catalogue together, because a
 * person on site can get a stepping stone that the folder lacks. Where neither has an image, the target that the rules advise.
 */
export function orderRoute(book: RuleBook, question: RouteQuestion): OrderRoute {
  const { facts, at, images, port } = question;
  const folder = images.map(candidateOf);
  const find = (candidates: readonly Candidate[]): Route<Candidate> =>
    findRoute(book, { unit: facts, from: at, candidates, transport: port });
  const own = find(folder);
  const route = own.hops.length > 0 && isClear(own) ? own : find([...folder, ...lacking(book, folder)]);
  const ambiguous = ambiguity(route.ambiguous, route.hops.at(-1)?.to ?? at);
  // The person on site sees the unit, and can tell which image is meant.
  const word: readonly Reason[] = ambiguous === null ? [] : [{ ...ambiguous, outcome: 'warn' }];
  const present = new Set(folder.flatMap(({ damage, sha256 }) => (damage === null ? [sha256] : [])));
  if (route.hops.length === 0) return { hops: advised(facts, at), reasons: word };
  return {
    hops: route.hops.map(({ from, to, image }) => ({
      from: { version: from.version, microLinkId: from.microLinkId },
      to: { version: to.version, microLinkId: to.microLinkId },
      image: { file: image.file, sha256: image.sha256, inFolder: present.has(image.sha256) },
    })),
    reasons: [
      ...route.hops.flatMap(({ reasons }, index) =>
        index === 0
          ? reasons
          : reasons.map((one) => ({ ...one, because: `hop ${index + 1}: ${one.because}` })),
      ),
      ...word,
    ],
  };
}

/** The images of the catalogue of which the folder holds no intact one of the same id and version. */
function lacking(book: RuleBook, folder: readonly Candidate[]): readonly Candidate[] {
  const nameOf = ({ microLinkId, version }: Candidate): string => `${microLinkId} ${version}`;
  const present = new Set(folder.flatMap((one) => (one.damage === null ? [nameOf(one)] : [])));
  return book.images.filter((one) => !present.has(nameOf(one)));
}

function isClear({ hops, ambiguous }: Route<Candidate>): boolean {
  return ambiguous.length === 0 && hops.every(({ reasons }) => !reasons.some(isAgainst));
}

/** Whether a reason stands against an update: a block, or something that is not known. */
export function isAgainst({ outcome }: Reason): boolean {
  return outcome === 'block' || outcome === 'unknown';
}

/** A release that is known without a file of it. */
function advised(facts: ReadonlyMap<string, Fact>, at: InstalledFirmware): readonly OrderHop[] {
  const version = facts.get('advice.target');
  const file = facts.get('advice.image');
  if (facts.get('advice.order') !== 'older' || typeof version !== 'string') return [];
  const image: OrderImage | null = typeof file === 'string' ? { file, sha256: null, inFolder: false } : null;
  const from = { version: at.version, microLinkId: at.microLinkId };
  return [{ from, to: { version, microLinkId: at.microLinkId }, image }];
}
