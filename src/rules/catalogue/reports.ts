import { z } from 'zod';
import {
  CARD_GENERATIONS,
  type Card,
  type OperatorSettings,
  START_METHODS,
  TRANSFER_METHODS,
} from '../../core/index.ts';
import type { Fact } from '../engine/evaluate.ts';
import type { InstalledFirmware } from './candidate.ts';

const text = z.string().min(1).max(200);
const Version = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,30}$/, { error: 'must be a version in quotes' });

/** What somebody reported of an update of a real unit or card. docs/adding-a-card.md says how one is written. */
const ReportSchema = z.strictObject({
  generation: z.enum(CARD_GENERATIONS),
  /** The application of the card before the update. */
  app: z.strictObject({ name: text, version: Version }),
  /** Micro-Link id of the unit before the update; `card`: the firmware of the card itself was updated. */
  line: z.union([z.int().min(1).max(99_999), z.literal('card')]),
  transfer: z.enum(TRANSFER_METHODS),
  /** `hand`: the image was sent by the tool, and somebody started the update at the card. */
  start: z.enum([...START_METHODS, 'hand']),
  from: Version,
  to: Version,
  reportedBy: text,
  on: z.iso.date(),
  /** Where the report can be read. */
  source: text,
});
export type FieldReport = z.infer<typeof ReportSchema>;

export const FieldReportsSchema = z.array(ReportSchema);

/** The file of reports that is part of the tool. */
export const ReportFileSchema = z.strictObject({ version: z.literal(1), reports: FieldReportsSchema });

/**
 * Whether updates of this line through such a card, by every way that the inventory allows, were reported. A report of one
 * way says nothing of another, so the fact is true only where none of the allowed ways is without one.
 */
export function wayFacts(
  reports: readonly FieldReport[],
  card: Card | null,
  at: InstalledFirmware | null,
  operator: OperatorSettings | undefined,
): readonly (readonly [string, Fact])[] {
  const line = at?.microLinkId ?? null;
  const generation = card?.generation ?? null;
  if (line === null || generation === null)
    return answer(null, 'line or generation of the card is not known');
  const what = `id ${line} through a card of generation ${generation}`;
  const near = reports.filter((one) => one.line === line && one.generation === generation);
  if (near.length === 0) return answer(false, `nobody has reported an update of ${what} yet`);
  const fitting = near.filter((one) => sameApp(one, card));
  if (fitting.length === 0) {
    const app = `${card?.app?.name ?? 'an application'} ${card?.app?.version ?? 'of unknown version'}`;
    return answer(false, `${what}: reported with ${listed(near.map(appOf))}, this card has ${app}`);
  }
  const ways = operator?.network ?? null;
  const said = listed(
    fitting.map((one) => `${one.transfer} and ${one.start} by ${one.reportedBy}, ${one.on}`),
  );
  if (ways === null)
    return answer(null, `${what}: reported for ${said}; the ways of this unit are not known`);
  const missing = allowedWays(ways).filter(
    ([transfer, start]) => !fitting.some((one) => one.transfer === transfer && one.start === start),
  );
  if (missing.length === 0) return answer(true, `${what}: reported for ${said}`);
  const left = listed(missing.map(([transfer, start]) => `${transfer} and ${start}`));
  return answer(false, `${what}: reported for ${said}; the inventory also allows ${left}`);
}

function answer(reported: boolean | null, says: string): readonly (readonly [string, Fact])[] {
  return [
    ['method.reported', reported],
    ['method.reportDetail', says],
  ];
}

/** Every pair of ways that a run may take; FTP goes without encryption and needs the operator's word. */
function allowedWays(ways: NonNullable<OperatorSettings['network']>): readonly (readonly [string, string])[] {
  return ways.transfer
    .filter((transfer) => transfer !== 'ftp' || ways.plaintext)
    .flatMap((transfer) => ways.start.map((start) => [transfer, start] as const));
}

function sameApp({ app }: FieldReport, card: Card | null): boolean {
  const plain = (version: string | null | undefined): string =>
    (version ?? '').toLowerCase().replace(/^v/, '');
  return app.name === card?.app?.name && plain(app.version) === plain(card.app.version);
}

function appOf({ app }: FieldReport): string {
  return `${app.name} ${app.version}`;
}

function listed(words: readonly string[]): string {
  return [...new Set(words)].join('; ');
}
