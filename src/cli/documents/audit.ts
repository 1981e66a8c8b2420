import { type Card, type Hop, isUpsHop, type ServiceLook, type Status, unitKey } from '../../core/index.ts';
import type { AuditCard, AuditDocument, AuditUnit, HopSummary, StatusCounts } from '../../report/index.ts';
import {
  advisoriesOf,
  cardHealth,
  type LeftOut,
  newestSeenFor,
  type RuleBook,
  serviceFindings,
} from '../../rules/index.ts';
import { type EvaluatedUnit, plannedHops } from '../../run/index.ts';

function zeroCounts(): Record<Status, number> {
  return { current: 0, outdated: 0, blocked: 0, unsupported: 0, unknown: 0, unreachable: 0 };
}

function count(statuses: readonly Status[]): StatusCounts {
  const counts = zeroCounts();
  for (const status of statuses) counts[status] += 1;
  return counts;
}

/**
 * `looks`: the services of each card, by the key of the unit; empty without `--services`. `leftOut`: files
 * that were not used because of `--as-of`.
 */
export function auditDocument(
  judged: readonly EvaluatedUnit[],
  book: RuleBook,
  now: Date,
  looks: ReadonlyMap<string, ServiceLook> = new Map(),
  leftOut: readonly LeftOut[] = [],
): AuditDocument {
  const units = judged.map(({ target, look: { unit, problem }, verdict }) => {
    const look = looks.get(unitKey(target));
    return {
      ...unit,
      card: auditCard(book, unit.card),
      verdict: { ...verdict, hops: plannedHops(unit, verdict).map(hopSummary) },
      advisories: advisoriesOf(book, unit.firmware, unit.card),
      services: look?.services ?? null,
      findings: look === undefined ? null : serviceFindings(book, look),
      problem: problem?.toJSON() ?? null,
    };
  });
  return selectUnits(
    {
      schema: 'upsfw/audit@1',
      generatedAt: now.toISOString(),
      units: [],
      sites: [],
      counts: zeroCounts(),
      asOf: book.asOf,
      leftOut,
      changes: null,
    },
    units,
  );
}

function auditCard(book: RuleBook, card: Card | null): AuditCard | null {
  if (card === null) return null;
  return { ...card, reasons: cardHealth(book, card), newestSeen: newestSeenFor(book.cards, card) };
}

function hopSummary(hop: Hop): HopSummary {
  const { component, transport, image, to } = hop;
  const from = hop.from.version;
  const ends = { component, from, to: to.version, image: image.file };
  return isUpsHop(hop)
    ? { ...ends, microLinkIdAfter: hop.to.microLinkId, transport, twoStep: hop.twoStep }
    : { ...ends, microLinkIdAfter: null, transport };
}

/** The same audit with these units only, and with new counts. */
export function selectUnits(document: AuditDocument, units: readonly AuditUnit[]): AuditDocument {
  const sites = [...new Set(units.map((unit) => unit.site ?? ''))];
  return {
    ...document,
    units,
    sites: sites.map((site) => ({
      site,
      counts: count(units.filter((unit) => unit.site === site).map((unit) => unit.verdict.status)),
    })),
    counts: count(units.map((unit) => unit.verdict.status)),
  };
}
