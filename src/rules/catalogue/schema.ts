import { z } from 'zod';

const Version = z.string().regex(/^[a-z]?\d\d\.\d$/);
const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const Known = z.enum(['yes', 'no', 'unknown']);
const Text = z.string().min(1);

/** Whether units of a line accept an update over a port, and from which installed version on. */
const PortSchema = z.strictObject({ update: Known, from: Version.optional(), note: Text.optional() });
export type Port = z.infer<typeof PortSchema>;

const CardGateSchema = z.strictObject({
  update: Known,
  /** The release that closed the gate. */
  off: Version.optional(),
  /** The release that opened it again; without `off` earlier releases are not known. */
  on: z.union([Version, z.literal('never'), z.literal('panel')]).optional(),
  /** It opened again for some models only, and no source names them. */
  onForSome: z.literal(true).optional(),
  note: Text.optional(),
});

const ImageSchema = z.strictObject({
  file: Text,
  version: Version.nullable(),
  /** Null if no source gives it. */
  sizeBytes: z.int().min(1).nullable(),
  sha256: Sha256,
  signed: z.boolean(),
  idAfter: z.int().nullable(),
  /** Names of the records in the file, with their versions as far as they are known; null: hash only. */
  parts: z.array(Text).nullable(),
  /** For units of this rating only, in VA. */
  rating: z.strictObject({ from: z.int().optional(), to: z.int().optional() }).optional(),
});
export type CatalogueImage = z.infer<typeof ImageSchema>;

const AdvisoryId = z.string().regex(/^CVE-\d{4}-\d{4,7}$/);

const KnownAdvisorySchema = z.strictObject({
  id: AdvisoryId,
  published: z.iso.date(),
  statement: Text,
  /** The number of the vendor's security notice. */
  notice: Text.nullable(),
  source: Text,
  confidence: z.enum(['vendor', 'reported']),
});
export type Advisory = z.infer<typeof KnownAdvisorySchema>;

/**
 * An advisory for one line. Up to `affectedUpTo` (`all` = every release) a unit is affected, from `from` on
 * it has the status `brings`, and from `fixedFrom` on it is fixed. Between the first two the status is
 * unknown.
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
  /**
   * The newest release by each source; the last entry is the newest known one. `published`: the day of the
   * source, by which the release was public.
   */
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
  /** The Micro-Link ID after some image of this line. */
  becomes: z.int().nullable(),
  ports: z.strictObject({ serial: PortSchema, usb: PortSchema, flash: PortSchema }),
  cardGate: CardGateSchema,
  /** Minimum version by card application; `card` is the prefix of a card model with its own minimum. */
  minCardApp: z
    .array(
      z.strictObject({
        app: Text,
        version: z.string().regex(/^\d+(?:\.\d+)+$/),
        card: Text.optional(),
      }),
    )
    .default([]),
  /** Whether an update can be installed with the output on, and from which installed version on. */
  outputOn: z.strictObject({
    update: Known,
    from: Version.optional(),
    /** The answer for releases before `from`. */
    before: z.enum(['no', 'unknown']).default('no'),
    note: Text.optional(),
  }),
  /** From this version on a unit receives an image first, and installs it when its panel allows it. */
  twoStep: z.strictObject({ from: Version, source: Text }).nullable().default(null),
  minWizard: z.string().nullable(),
  /** Minimum version of PowerChute Business Edition. */
  minPowerChute: z.string().nullable(),
  advisories: z.array(AdvisorySchema),
  images: z.array(ImageSchema),
  /** Part lists of releases without a known file. */
  otherParts: z.array(z.strictObject({ version: Version, parts: z.array(Text), source: Text })),
  /** The oldest release that, by reports, contains the boot loader which later images need. */
  loaderFrom: z.strictObject({ version: Version, source: Text }).nullable(),
  notes: z.array(Text),
  sources: z.array(Text),
});
export type FirmwareLine = z.infer<typeof LineSchema>;

/** The catalogue of firmware lines. */
export const CatalogueSchema = z.strictObject({
  version: z.literal(1),
  published: z.iso.date(),
  source: z.string(),
  advisories: z.array(KnownAdvisorySchema),
  lines: z.array(LineSchema),
});
