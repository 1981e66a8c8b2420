import type { FirmwareReading } from '../../core/index.ts';
import { compareVersions } from '../engine/versions.ts';
import { type AdvisedCard, type AdvisoryStatus, cardAdvisoriesOf } from './card-advisories.ts';
import type { RuleBook } from './rule-book.ts';
import type { LineAdvisory } from './schema.ts';

/**
 * The status of a unit for every known advisory, first those of the UPS, then those of its card. Without ID
 * or version the status is unknown. `card`: null if the unit has none, or if it was not seen.
 */
export function advisoriesOf(
  book: RuleBook,
  firmware: FirmwareReading,
  card: AdvisedCard | null,
): readonly AdvisoryStatus[] {
  const ofUps = knownUpsAdvisories(book, firmware);
  return card === null ? ofUps : [...ofUps, ...cardAdvisoriesOf(book.cards, card)];
}

/** By ID and version: the units of a fleet share them. */
const known = new WeakMap<RuleBook, Map<string, readonly AdvisoryStatus[]>>();
const MAX_KNOWN = 2_000;

function knownUpsAdvisories(book: RuleBook, firmware: FirmwareReading): readonly AdvisoryStatus[] {
  const ofBook = known.get(book) ?? new Map<string, readonly AdvisoryStatus[]>();
  known.set(book, ofBook);
  const key = `${firmware.microLinkId ?? ''} ${firmware.version ?? ''}`;
  const before = ofBook.get(key);
  if (before !== undefined) return before;
  if (ofBook.size >= MAX_KNOWN) ofBook.clear();
  const advisories = upsAdvisoriesOf(book, firmware);
  ofBook.set(key, advisories);
  return advisories;
}

function upsAdvisoriesOf(book: RuleBook, firmware: FirmwareReading): readonly AdvisoryStatus[] {
  const { microLinkId, version } = firmware;
  const line = microLinkId === null ? undefined : book.lines.get(microLinkId);
  return book.advisories.map(({ id, notice, confidence }) => {
    const of = { id, component: 'ups' as const, notice, name: null, confidence, detail: null };
    const known = line?.advisories.find((advisory) => advisory.id === id);
    if (known === undefined) {
      const source =
        line === undefined
          ? 'the firmware line of the unit is not known'
          : `no source names its effect on ID ${line.id}`;
      return { ...of, status: 'unknown', listed: null, fixedIn: null, partlyIn: null, source };
    }
    const { from = null, brings, fixedFrom = null } = known;
    const fixedIn = brings === 'fixed' ? from : fixedFrom;
    const partlyIn = brings === 'partly' ? from : null;
    const status = statusOf(known, version);
    const listed = status === 'unknown' ? null : status === 'affected';
    return { ...of, status, listed, fixedIn, partlyIn, source: known.source };
  });
}

function statusOf(advisory: LineAdvisory, version: string | null): AdvisoryStatus['status'] {
  if (advisory.notAffected) return 'not-affected';
  if (advisory.affectedUpTo === 'all') return 'affected';
  if (version === null) return 'unknown';
  if (advisory.affectedUpTo !== undefined) {
    const order = compareVersions(version, advisory.affectedUpTo);
    if (order === null) return 'unknown';
    if (order <= 0) return 'affected';
  }
  if (advisory.from === undefined || advisory.brings === undefined) return 'unknown';
  const order = compareVersions(version, advisory.from);
  if (order === null || order < 0) return 'unknown';
  const { fixedFrom } = advisory;
  const fixedOrder = fixedFrom === undefined ? null : compareVersions(version, fixedFrom);
  return fixedOrder !== null && fixedOrder >= 0 ? 'fixed' : advisory.brings;
}
