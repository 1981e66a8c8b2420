import { readTypedFirmware } from '../../core/index.ts';
import type { RuleBook } from './rule-book.ts';
import type { FirmwareLine } from './schema.ts';

/** The catalogue entry of a line, as `rules decide` shows it. */
export interface LineSummary {
  readonly microLinkId: number;
  readonly families: readonly string[];
  readonly description: string | null;
  readonly minWizard: string | null;
  readonly minCardApp: FirmwareLine['minCardApp'];
  readonly outputOn: FirmwareLine['outputOn'];
  readonly signedFrom: string | null;
  readonly becomes: number | null;
  readonly notes: readonly string[];
  readonly sources: readonly string[];
}

/** The line that a typed firmware string names; null if the catalogue does not have it. */
export function lineSummary(book: RuleBook, firmware: string | null): LineSummary | null {
  const { microLinkId } = readTypedFirmware(firmware);
  const line = microLinkId === null ? undefined : book.lines.get(microLinkId);
  if (line === undefined) return null;
  return {
    microLinkId: line.id,
    families: line.families,
    description: line.description,
    minWizard: line.minWizard,
    minCardApp: line.minCardApp,
    outputOn: line.outputOn,
    signedFrom: line.signedFrom,
    becomes: line.becomes,
    notes: line.notes,
    sources: line.sources,
  };
}
