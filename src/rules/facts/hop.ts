import type { Transport } from '../../core/index.ts';
import { after, type Candidate, type InstalledFirmware } from '../catalogue/candidate.ts';
import type { RuleBook } from '../catalogue/rule-book.ts';
import type { FirmwareLine } from '../catalogue/schema.ts';
import type { Fact } from '../engine/evaluate.ts';
import { compareVersions, highest } from '../engine/versions.ts';
import { type CardGate, cardGateFacts, cardGateOf } from './card-gate.ts';
import { loaderFacts } from './loader.ts';
import { portFacts } from './port.ts';

type HopFacts = ReadonlyMap<string, Fact>;

/** By book, by images of the folder, and by image with its installed version: units of a fleet share them. */
const known = new WeakMap<RuleBook, WeakMap<readonly Candidate[], Map<string, HopFacts>>>();
const MAX_KNOWN = 5_000;

/** Facts about one image on one installed version. `others`: all images of the folder. */
export function hopFacts(
  book: RuleBook,
  at: InstalledFirmware | null,
  image: Candidate,
  others: readonly Candidate[],
  transport: Transport | null,
): HopFacts {
  const ofBook = known.get(book) ?? new WeakMap<readonly Candidate[], Map<string, HopFacts>>();
  known.set(book, ofBook);
  const ofFolder = ofBook.get(others) ?? new Map<string, HopFacts>();
  ofBook.set(others, ofFolder);
  const { microLinkId = null, version = null } = at ?? {};
  const { file, sha256, damage } = image;
  const key = JSON.stringify([microLinkId, version, transport, file, sha256, image.microLinkId, damage]);
  const before = ofFolder.get(key);
  if (before !== undefined) return before;
  if (ofFolder.size >= MAX_KNOWN) ofFolder.clear();
  const facts = new Map(factsOfHop(book, at, image, others, transport));
  ofFolder.set(key, facts);
  return facts;
}

function factsOfHop(
  book: RuleBook,
  at: InstalledFirmware | null,
  image: Candidate,
  others: readonly Candidate[],
  transport: Transport | null,
): readonly (readonly [string, Fact])[] {
  const line = at === null ? undefined : book.lines.get(at.microLinkId);
  return [
    ['transport', transport],
    ...portFacts(line, transport, at?.version ?? null),
    ['image.file', image.file],
    ['image.microLinkId', image.microLinkId === null ? null : String(image.microLinkId)],
    ['image.fits', at === null || image.microLinkId === null ? null : image.microLinkId === at.microLinkId],
    ['image.intact', image.damage === null],
    ['image.problems', image.damage ?? 'every record is complete'],
    ['image.version', image.version],
    ['image.order', at === null ? null : orderOf(at, image)],
    ['image.signed', image.signed],
    ['image.sha256', image.sha256],
    [
      'image.hashKnown',
      book.trusted.has(image.sha256) || (line?.images.some(({ sha256 }) => sha256 === image.sha256) ?? false),
    ],
    ['image.unknownRefused', book.unknownRefused],
    ['unit.runsSigned', at === null ? null : runsSigned(at, line)],
    ['catalogue.newest', line?.newest.at(-1)?.version ?? null],
    ['catalogue.newestIsNewerThanImages', newestIsNewer(at, image, others, line)],
    ...loaderFacts(at, image, line, others),
    ...cardGateFacts(at, line),
    ...closingFacts(book, at, image),
  ];
}

/** Compares the version of the image with the installed one; null if they cannot be compared. */
export function orderOf(at: InstalledFirmware, image: Candidate): 'newer' | 'same' | 'older' | null {
  if (image.version === null || image.microLinkId !== at.microLinkId) return null;
  const order = compareVersions(image.version, at.version);
  if (order === null) return null;
  return order === 1 ? 'newer' : order === 0 ? 'same' : 'older';
}

/** Whether the catalogue knows a release that is newer than the image and all others of the folder. */
function newestIsNewer(
  at: InstalledFirmware | null,
  image: Candidate,
  others: readonly Candidate[],
  line: FirmwareLine | undefined,
): boolean | null {
  const newest = line?.newest.at(-1)?.version;
  // An image that changes the ID leaves the line, so the releases of the line do not matter.
  if (newest === undefined || image.version === null || image.microLinkIdAfter !== at?.microLinkId)
    return false;
  const own = others.filter((one) => one.microLinkId === at?.microLinkId && one.damage === null);
  const best = highest([image.version, ...own.flatMap((one) => one.version ?? [])]);
  const order = best === null ? null : compareVersions(newest, best);
  return order === null ? null : order === 1;
}

/**
 * Whether the installed firmware is signed: yes from the first release known to be signed, no up to the last
 * release known to be unsigned, unknown in between.
 */
function runsSigned(at: InstalledFirmware, line: FirmwareLine | undefined): boolean | null {
  if (line === undefined) return null;
  const versions = (signed: boolean): string[] =>
    line.images.flatMap((image) =>
      image.signed === signed && image.version !== null ? [image.version] : [],
    );
  const signed = [...versions(true), ...(line.signedFrom === null ? [] : [line.signedFrom])];
  if (signed.some((known) => (compareVersions(at.version, known) ?? -1) >= 0)) return true;
  if (signed.length === 0 && versions(false).length > 0) return false;
  if (versions(false).some((known) => (compareVersions(at.version, known) ?? 1) <= 0)) return false;
  return null;
}

/** Whether the line installs an update with the output on, at the installed version. */
export function outputFacts(
  at: InstalledFirmware | null,
  line: FirmwareLine | undefined,
): readonly (readonly [string, Fact])[] {
  const { update, from, before, note } = line?.outputOn ?? { update: 'unknown', before: 'unknown' };
  const order = from === undefined || at === null ? null : compareVersions(at.version, from);
  const allowed =
    update === 'yes' && from !== undefined ? (order !== null && order >= 0 ? 'yes' : before) : update;
  const answer = allowed === 'unknown' ? 'not known' : allowed;
  const since = allowed === 'yes' || from === undefined ? '' : `, yes from ${from} on`;
  return [
    ['hop.outputOn', allowed],
    ['hop.outputDetail', `${answer}${since}${note === undefined ? '' : ` (${note})`}`],
  ];
}

/** Whether the hop closes the card gate that is open now. */
function closingFacts(
  book: RuleBook,
  at: InstalledFirmware | null,
  image: Candidate,
): readonly (readonly [string, Fact])[] {
  if (at === null) return [];
  const then = after(at, image);
  const now: CardGate = cardGateOf(at, book.lines.get(at.microLinkId));
  const next: CardGate = cardGateOf(then, book.lines.get(then.microLinkId));
  return [
    ['hop.closesCardGate', now.state === 'open' && next.state !== 'open'],
    ['hop.afterBecause', next.because],
  ];
}
