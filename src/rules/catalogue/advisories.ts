import type { FirmwareReading } from '../../core/index.ts';
import { compareVersions } from '../engine/versions.ts';
import type { RuleBook } from './rule-book.ts';
import type { LineAdvisory } from './schema.ts';

export interface AdvisoryStatus {
  readonly id: string;
  readonly status: 'affected' | 'partly' | 'fixed' | 'not-affected' | 'unknown';
  /** The release of the line that fixes it completely; null if none is known. */
  readonly fixedIn: string | null;
  /** The release that fixes it partly; null if none is known, or if the first fix is complete. */
  readonly partlyIn: string | null;
  readonly source: string;
}

/** The status of a unit for every known advisory. Without ID or version the status is unknown. */
export function advisoriesOf(book: RuleBook, firmware: FirmwareReading): readonly AdvisoryStatus[] {
  const { microLinkId, version } = firmware;
  const line = microLinkId === null ? undefined : book.lines.get(microLinkId);
  return book.advisories.map(({ id }) => {
    const known = line?.advisories.find((advisory) => advisory.id === id);
    if (known === undefined) {
      const source =
        line === undefined
          ? 'the firmware line of the unit is not known'
          : `no source names its effect on ID ${line.id}`;
      return { id, status: 'unknown', fixedIn: null, partlyIn: null, source };
    }
    const { from = null, brings, fixedFrom = null } = known;
    const fixedIn = brings === 'fixed' ? from : fixedFrom;
    const partlyIn = brings === 'partly' ? from : null;
    return { id, status: statusOf(known, version), fixedIn, partlyIn, source: known.source };
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
