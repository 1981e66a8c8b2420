import { readFirmware } from '../../core/index.ts';
import type { RuleBook } from './rule-book.ts';
import type { FirmwareLine } from './schema.ts';

/** What the catalogue holds of a line, for a person who asks what a unit is. */
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

/** The line of the unit that gives this firmware string; null where it names none that the catalogue has. */
export function lineSummary(book: RuleBook, firmware: string | null): LineSummary | null {
  const { microLinkId } = readFirmware(firmware);
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
