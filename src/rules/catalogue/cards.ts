import { z } from 'zod';
import { CARD_GENERATIONS } from '../../core/index.ts';

const Version = z.string().regex(/^\d{1,4}(?:\.\d{1,4}){1,4}$/);
const Platform = z.string().regex(/^hw\d\d$/);
const Text = z.string().min(1);

/**
 * The affected versions of AOS on one platform. Up to `affectedUpTo` a card is affected, from `partlyFrom` on
 * in part, and from `fixedFrom` on no longer. `affectedOnly` lists single versions instead. Any other version
 * is unknown, because no source names it.
 */
const PlatformSchema = z
  .strictObject({
    platform: Platform,
    /** Applications that the source names; absent: it names none. */
    apps: z.array(Text).min(1).optional(),
    /** Card models that the source names, without the letters of a country; absent: it counts by platform. */
    models: z.array(Text).min(1).optional(),
    affectedUpTo: Version.optional(),
    affectedOnly: z.array(Version).min(1).optional(),
    partlyFrom: Version.optional(),
    fixedFrom: Version.optional(),
  })
  .refine(({ affectedUpTo, affectedOnly }) => (affectedUpTo === undefined) !== (affectedOnly === undefined), {
    error: 'needs affectedUpTo or affectedOnly',
  });
export type AffectedPlatform = z.infer<typeof PlatformSchema>;

/** Advisories of one notice that share their affected versions. */
const CardAdvisorySchema = z.strictObject({
  /** The number of the vendor's security notice; null if only CVE records are known. */
  notice: z
    .string()
    .regex(/^SEVD-\d{4}-\d{3}-\d{2}$/)
    .nullable(),
  /** The name by which it is known; null if it has none. */
  name: Text.nullable(),
  cves: z.array(z.string().regex(/^CVE-\d{4}-\d{4,7}$/)).min(1),
  published: z.iso.date(),
  statement: Text,
  source: Text,
  confidence: z.enum(['vendor', 'reported']),
  platforms: z.array(PlatformSchema).min(1),
});
export type CardAdvisory = z.infer<typeof CardAdvisorySchema>;

/** Card firmware that somebody saw. Later entries of a platform are newer. */
const SeenSchema = z.strictObject({
  platform: Platform,
  app: Text,
  /** For cards from this version of AOS on only. */
  fromOs: Version.optional(),
  os: Version.nullable(),
  appVersion: Version,
  /** Year, month or day; null if no source tells it. */
  seen: z
    .string()
    .regex(/^20\d\d(?:-\d\d(?:-\d\d)?)?$/)
    .nullable(),
  note: Text.nullable(),
  source: Text,
});
export type SeenFirmware = z.infer<typeof SeenSchema>;

/** What is known of cards. */
export const CardDataSchema = z.strictObject({
  version: z.literal(1),
  published: z.iso.date(),
  platforms: z.array(z.strictObject({ platform: Platform, generation: z.enum(CARD_GENERATIONS) })),
  /** The platform of a card model, for cards that are only described. */
  models: z.array(z.strictObject({ model: Text, platform: Platform })),
  advisories: z.array(CardAdvisorySchema),
  newestSeen: z.array(SeenSchema),
});
export type CardData = z.infer<typeof CardDataSchema>;

/**
 * What was known of cards on a day. An entry without a date counts from the day on which the data was
 * published.
 */
export function cardsAsOf(data: CardData, asOf: string | null): CardData {
  if (asOf === null || asOf >= data.published) return data;
  return {
    ...data,
    advisories: data.advisories.filter(({ published }) => published <= asOf),
    newestSeen: data.newestSeen.filter(({ seen }) => seen !== null && endOf(seen) <= asOf),
  };
}

/** The last day of a year or month; a day as it is. No month has a day after the 31st. */
function endOf(seen: string): string {
  if (seen.length === 'YYYY'.length) return `${seen}-12-31`;
  return seen.length === 'YYYY-MM'.length ? `${seen}-31` : seen;
}
