import { z } from 'zod';

const Version = z.string().regex(/^[a-z]?\d\d\.\d$/);
const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const Known = z.enum(['yes', 'no', 'unknown']);
const Text = z.string().min(1);

/** Whether units of a line take an update over a port, and from which installed version on. */
const PortSchema = z.strictObject({ update: Known, from: Version.optional(), note: Text.optional() });
export type Port = z.infer<typeof PortSchema>;

const CardGateSchema = z.strictObject({
  update: Known,
  /** The release that shut the path. */
  off: Version.optional(),
  /** The release that opened it again; without `off` nothing is known of earlier ones. */
  on: z.union([Version, z.literal('never'), z.literal('panel')]).optional(),
  /** It opened again for some models only, and nobody says which. */
  onForSome: z.literal(true).optional(),
  note: Text.optional(),
});

const ImageSchema = z.strictObject({
  file: Text,
  version: Version.nullable(),
  sizeBytes: z.int().min(1),
  sha256: Sha256,
  signed: z.boolean(),
  idAfter: z.int().nullable(),
  /** Names and versions of the records, as in the file; null where only the hash is known. */
  parts: z.array(Text).nullable(),
  /** For units of this rating only, in VA. */
  rating: z.strictObject({ from: z.int().optional(), to: z.int().optional() }).optional(),
});
export type CatalogueImage = z.infer<typeof ImageSchema>;

const AdvisoryId = z.string().regex(/^CVE-\d{4}-\d{4,7}$/);

const KnownAdvisorySchema = z.strictObject({
  id: AdvisoryId,
  published: z.iso.date(),
  says: Text,
  source: Text,
});
export type Advisory = z.infer<typeof KnownAdvisorySchema>;

/**
 * What an advisory means for one line. Up to `affectedUpTo` (`all` = every release) a unit is affected, from `from` on it is
 * `brings`, and from `fixedFrom` on fixed; between the first two nothing is known. `notAffected` stands alone.
 */
const AdvisorySchema = z
  .strictObject({
    id: AdvisoryId,
    notAffected: z.literal(true).optional(),
    affectedUpTo: z.union([Version, z.literal('all')]).optional(),
    from: Version.optional(),
    brings: z.enum(['fixed', 'partly']).optional(),
    fixedFrom: Version.optional(),
    source: Text,
  })
  .refine((advisory) => (advisory.from === undefined) === (advisory.brings === undefined), {
    error: 'from and brings go together',
  });
export type LineAdvisory = z.infer<typeof AdvisorySchema>;

const LineSchema = z.strictObject({
  id: z.int().min(1),
  families: z.array(Text),
  description: Text.nullable(),
  skus: z.array(Text),
  /** What sources called the newest release, each on its day; the last one is the newest known. */
  newest: z.array(z.strictObject({ version: Version, published: z.iso.date(), source: Text })),
  releases: z.array(
    z.strictObject({
      version: Version,
      notes: Text,
      security: z.boolean(),
      cves: z.array(Text),
    }),
  ),
  /** The first release known to be signed. */
  signedFrom: Version.nullable(),
  /** Id that some image of this line leads to. */
  becomes: z.int().nullable(),
  ports: z.strictObject({ serial: PortSchema, usb: PortSchema, flash: PortSchema }),
  cardGate: CardGateSchema,
  /** Oldest card application that the notes name, by application; `card` is the beginning of a card model that needs another. */
  minCardApp: z
    .array(
      z.strictObject({
        app: Text,
        version: z.string().regex(/^\d+(?:\.\d+)+$/),
        card: Text.optional(),
      }),
    )
    .default([]),
  /** Whether an update may be installed while the output is on, and from which installed version on. */
  outputOn: z.strictObject({
    update: Known,
    from: Version.optional(),
    /** What is known of releases before `from`. */
    before: z.enum(['no', 'unknown']).default('no'),
    note: Text.optional(),
  }),
  /** From this installed version on a unit receives an image first, and installs it when its panel lets it. */
  twoStep: z.strictObject({ from: Version, source: Text }).nullable().default(null),
  minWizard: z.string().nullable(),
  /** PowerChute Business Edition that the notes name. */
  minPowerChute: z.string().nullable(),
  advisories: z.array(AdvisorySchema),
  images: z.array(ImageSchema),
  /** What releases carried that no file is known of. */
  otherParts: z.array(z.strictObject({ version: Version, parts: z.array(Text), source: Text })),
  /** The oldest release that reports say brings the boot loader which later images need. */
  loaderFrom: z.strictObject({ version: Version, source: Text }).nullable(),
  notes: z.array(Text),
  sources: z.array(Text),
});
export type FirmwareLine = z.infer<typeof LineSchema>;

/** The catalogue: what is known of each firmware line. */
export const CatalogueSchema = z.strictObject({
  version: z.literal(1),
  published: z.iso.date(),
  source: z.string(),
  advisories: z.array(KnownAdvisorySchema),
  lines: z.array(LineSchema),
});
