import { z } from 'zod';
import { readOwnData } from '../yaml/index.ts';

const text = z.string().min(1).max(100);
const release = z.string().regex(/^\d\d\.\d$/);

/** What a simulated card and its UPS say of themselves, and what they offer. */
const PersonaSchema = z.strictObject({
  generation: z.enum(['nmc1', 'nmc2', 'nmc3']),
  card: z.strictObject({
    model: text,
    platform: z.string().regex(/^hw\d\d$/),
    osVersion: text,
    appName: text,
    appVersion: text,
    boot: text,
    hardwareRevision: text,
  }),
  ups: z.strictObject({
    model: text,
    sku: text.nullable(),
    version: text,
    /** Null for a unit of the older protocol; its firmware string is then `version` as it stands. */
    microLinkId: z.int().min(1).nullable(),
    ratingVA: z.int().nullable(),
    manufactured: text,
  }),
  sysObjectId: text,
  snmp: z.enum(['v1', 'v2c', 'v3']),
  /** `old`: SHA-1 key exchange and CBC ciphers only, as on second-generation cards. */
  ssh: z.enum(['none', 'old', 'modern']),
  ftp: z.boolean(),
  /** The card answers for upsAdvControlFirmwareUpdate. */
  updateObject: z.boolean(),
  /** The command line has `upsfwupdate`. */
  upsfwupdate: z.boolean(),
  /** Releases that shut the card path of a line, and the one that opens it again; a line that is not listed is open. */
  cardGates: z
    .array(z.strictObject({ microLinkId: z.int().min(1), shutFrom: release, openFrom: release.nullable() }))
    .default([]),
  /** Releases of a line from `from` on run only with this boot loader, which came with the release `broughtBy`. */
  loaderNeeded: z
    .strictObject({ microLinkId: z.int().min(1), from: release, loader: release, broughtBy: release })
    .nullable()
    .default(null),
  inventory: z.strictObject({
    transfer: z.array(z.enum(['scp', 'ftp'])),
    start: z.array(z.enum(['snmp', 'cli'])),
    plaintext: z.boolean(),
    legacySsh: z.boolean().default(false),
  }),
});

export type Persona = z.infer<typeof PersonaSchema>;

export const PERSONAS = [
  'smt1500-nmc2',
  'smx1500-nmc3',
  'smt1500c-shut',
  'sua1500-legacy',
  'smx1500-current',
  'srt5000-transit',
] as const;
export type PersonaName = (typeof PERSONAS)[number];

export async function loadPersona(name: PersonaName): Promise<Persona> {
  const { value } = await readOwnData(new URL(`personas/${name}.yaml`, import.meta.url), PersonaSchema);
  return value;
}
