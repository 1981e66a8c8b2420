import { Problem } from '../../core/index.ts';
import { type AuditDocument, compareAudits } from '../../report/index.ts';
import { readAuditFile, readAuditOf, readLastAudit } from '../documents/audit-store.ts';
import type { Io } from '../io.ts';
import type { FleetArgs } from '../options.ts';

export interface PastArgs {
  readonly compare?: string | undefined;
  readonly since?: string | undefined;
}

/** The earlier audit that the words name, read before any device is asked; null where none do. Throws Problem config/. */
export async function readPast(
  { compare, since }: PastArgs,
  state: string,
  io: Io,
): Promise<AuditDocument | null> {
  if (compare !== undefined && since !== undefined) {
    throw new Problem('config/usage', 'An audit is compared with one earlier audit.', {
      hint: 'Leave --compare or --since out.',
    });
  }
  if (compare !== undefined) {
    return compare.toUpperCase() === 'LAST' ? readLastAudit(state) : readAuditFile(compare);
  }
  if (since === undefined) return null;
  const { audit, inTime } = await readAuditOf(state, since);
  if (!inTime) {
    io.info(`No audit of ${since} or before is kept; compared with the oldest, of ${audit.generatedAt}.\n`);
  }
  return audit;
}

/** The audit with what changed since `past`; as it is where that is null. */
export function withChanges(
  document: AuditDocument,
  past: AuditDocument | null,
  { site, unit }: Pick<FleetArgs, 'site' | 'unit'>,
): AuditDocument {
  if (past === null) return document;
  const changes = compareAudits(past, document, { sites: site, units: unit });
  return { ...document, changes: { since: past.generatedAt, ...changes } };
}
