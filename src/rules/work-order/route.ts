import {
  isRefusal,
  type OrderHop,
  type OrderImage,
  type Reason,
  type StoredImage,
} from '../../core/index.ts';
import { type Candidate, candidateOf, type InstalledFirmware } from '../catalogue/candidate.ts';
import type { RuleBook } from '../catalogue/rule-book.ts';
import type { Fact } from '../engine/evaluate.ts';
import { ambiguity, findRoute, type Route } from '../judge/route.ts';

/** The hops of a work order and their reasons. */
export interface OrderRoute {
  readonly hops: readonly OrderHop[];
  readonly reasons: readonly Reason[];
}

interface OrderRouteInput {
  readonly facts: ReadonlyMap<string, Fact>;
  readonly at: InstalledFirmware;
  readonly images: readonly StoredImage[];
  readonly port: 'serial' | 'usb';
}

/**
 * The route with the images of the folder if no rule refuses it, else with those of folder and catalogue,
 * because a person can get a missing image. Without any image, the target that the rules advise.
 */
export function orderRoute(book: RuleBook, input: OrderRouteInput): OrderRoute {
  const { facts, at, images, port } = input;
  const folder = images.map(candidateOf);
  const find = (candidates: readonly Candidate[]): Route<Candidate> =>
    findRoute(book, { unit: facts, from: at, candidates, transport: port });
  const own = find(folder);
  const route = own.hops.length > 0 && isClear(own) ? own : find([...folder, ...missingImages(book, folder)]);
  const ambiguous = ambiguity(route.ambiguous, route.hops.at(-1)?.to ?? at);
  // The person at the unit can decide which image fits.
  const ambiguityReasons: readonly Reason[] = ambiguous === null ? [] : [{ ...ambiguous, outcome: 'warn' }];
  const present = new Set(folder.flatMap(({ damage, sha256 }) => (damage === null ? [sha256] : [])));
  if (route.hops.length === 0) return { hops: advisedHop(facts, at), reasons: ambiguityReasons };
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
      ...ambiguityReasons,
    ],
  };
}

/** The images of the catalogue that the folder does not have intact in the same ID and version. */
function missingImages(book: RuleBook, folder: readonly Candidate[]): readonly Candidate[] {
  const nameOf = ({ microLinkId, version }: Candidate): string => `${microLinkId} ${version}`;
  const present = new Set(folder.flatMap((one) => (one.damage === null ? [nameOf(one)] : [])));
  return book.images.filter((one) => !present.has(nameOf(one)));
}

function isClear({ hops, ambiguous }: Route<Candidate>): boolean {
  return ambiguous.length === 0 && hops.every(({ reasons }) => !reasons.some(isRefusal));
}

/** A hop to a known release without a known file. */
function advisedHop(facts: ReadonlyMap<string, Fact>, at: InstalledFirmware): readonly OrderHop[] {
  const version = facts.get('advice.target');
  const file = facts.get('advice.image');
  if (facts.get('advice.order') !== 'older' || typeof version !== 'string') return [];
  const image: OrderImage | null = typeof file === 'string' ? { file, sha256: null, inFolder: false } : null;
  const from = { version: at.version, microLinkId: at.microLinkId };
  return [{ from, to: { version, microLinkId: at.microLinkId }, image }];
}
