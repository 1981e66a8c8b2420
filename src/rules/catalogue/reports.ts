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

/** The report of an update of a real unit or card. docs/adding-a-card.md describes it. */
const ReportSchema = z.strictObject({
  generation: z.enum(CARD_GENERATIONS),
  /** The application of the card before the update. */
  app: z.strictObject({ name: text, version: Version }),
  /** Micro-Link ID of the unit before the update; `card`: the firmware of the card was updated. */
  line: z.union([z.int().min(1).max(99_999), z.literal('card')]),
  transfer: z.enum(TRANSFER_METHODS),
  /** `hand`: the tool sent the image, and a person started the update on the card. */
  start: z.enum([...START_METHODS, 'hand']),
  from: Version,
  to: Version,
  reportedBy: text,
  on: z.iso.date(),
  /** Where the report is published. */
  source: text,
});
export type FieldReport = z.infer<typeof ReportSchema>;

export const FieldReportsSchema = z.array(ReportSchema);

/** The report file of the tool. */
export const ReportFileSchema = z.strictObject({ version: z.literal(1), reports: FieldReportsSchema });

/**
 * Whether updates of this line through such a card were reported for every method that the inventory allows.
 * A report of one method says nothing about another one.
 */
export function reportFacts(
  reports: readonly FieldReport[],
  card: Card | null,
  at: InstalledFirmware | null,
  operator: OperatorSettings | undefined,
): readonly (readonly [string, Fact])[] {
  const line = at?.microLinkId ?? null;
  const generation = card?.generation ?? null;
  if (line === null || generation === null)
    return answer(
      null,
      'whether an update like this was reported is not known: the ID of the unit or the card generation is missing',
    );
  const update = `updates of ID ${line} through an ${generation.toUpperCase()} card`;
  const near = reports.filter((one) => one.line === line && one.generation === generation);
  if (near.length === 0) return answer(false, `nobody has reported ${update} yet`);
  const fitting = near.filter((one) => sameApp(one, card));
  if (fitting.length === 0) {
    const app = `${card?.app?.name ?? 'an application'} ${card?.app?.version ?? 'of unknown version'}`;
    return answer(false, `${update} are reported with ${listed(near.map(appOf))}, this card has ${app}`);
  }
  const methods = operator?.network ?? null;
  const known = listed(
    fitting.map((one) => `${one.transfer} and ${one.start} by ${one.reportedBy}, ${one.on}`),
  );
  if (methods === null)
    return answer(null, `${update} are reported with ${known}; the methods of this unit are not known`);
  const missing = allowedMethods(methods).filter(
    ([transfer, start]) => !fitting.some((one) => one.transfer === transfer && one.start === start),
  );
  if (missing.length === 0) return answer(true, `${update} are reported with ${known}`);
  const left = listed(missing.map(([transfer, start]) => `${transfer} and ${start}`));
  return answer(false, `${update} are reported with ${known}; the inventory also allows ${left}`);
}

function answer(reported: boolean | null, detail: string): readonly (readonly [string, Fact])[] {
  return [
    ['method.reported', reported],
    ['method.reportDetail', detail],
  ];
}

/**
 * Every pair of transfer and start that a run may use. FTP is not encrypted and must be allowed by the
 * operator.
 */
function allowedMethods({
  transfer: transfers,
  start: starts,
  plaintext,
}: NonNullable<OperatorSettings['network']>): readonly (readonly [string, string])[] {
  return transfers
    .filter((transfer) => transfer !== 'ftp' || plaintext)
    .flatMap((transfer) => starts.map((start) => [transfer, start] as const));
}

function sameApp({ app }: FieldReport, card: Card | null): boolean {
  const plain = (version: string | null | undefined): string =>
    (version ?? '').toLowerCase().replace(/^v/, '');
  return app.name === card?.app?.name && plain(app.version) === plain(card.app.version);
}

function appOf({ app }: FieldReport): string {
  return `${app.name} ${app.version}`;
}

function listed(texts: readonly string[]): string {
  return [...new Set(texts)].join('; ');
}
