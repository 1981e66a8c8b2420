import { z } from 'zod';
import { Problem, reasonOf } from '../core/index.ts';
import { listFindings, parseYaml, readBundledData, readTextWithin } from '../yaml/index.ts';

const text = z.string().min(1).max(100);
const release = z.string().regex(/^\d\d\.\d$/);

/** What a simulated card and its UPS say of themselves, and what they offer. */
export const PersonaSchema = z.strictObject({
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
  /** `old`: SHA-1 key exchange and CBC ciphers only, as on second-generation cards; `old-rsa1024`: with a host key of 1024 bits too. */
  ssh: z.enum(['none', 'old', 'old-rsa1024', 'modern']),
  ftp: z.boolean(),
  /** The card answers for upsAdvControlFirmwareUpdate. */
  updateObject: z.boolean(),
  /** The command line has `upsfwupdate`. */
  upsfwupdate: z.boolean(),
  /** Releases that shut the card path of a line, and the one that opens it again; a line that is not listed is open. */
  cardGates: z
    .array(z.strictObject({ microLinkId: z.int().min(1), closedFrom: release, openFrom: release.nullable() }))
    .default([]),
  /** Releases of a line from `from` on run only with this boot loader, which came with the release `broughtBy`. */
  loaderNeeded: z
    .strictObject({ microLinkId: z.int().min(1), from: release, loader: release, broughtBy: release })
    .nullable()
    .default(null),
  /** The first release of the card's application that can update this unit; an older one fails at once. Null = any. */
  minApp: text.nullable().default(null),
  /** The first release of the card's application that knows images of format 4; null = any. */
  format4From: text.nullable().default(null),
  /** "SmartSlot" of the panel's menu of firmware update interfaces; off, every update through the card fails at once. */
  smartSlot: z.boolean().default(true),
  /** Whether an update starts while the output is on; `asks`: the command line asks, and SNMP is refused. */
  outputOnUpdate: z.enum(['allowed', 'refused', 'asks']).default('allowed'),
  /** The UPS first receives a file and installs it later: by itself, when the output goes off, or only at the panel. */
  twoStep: z.enum(['now', 'next-off', 'dont']).nullable().default(null),
  /** Images on a USB stick in the card; null = a card without a port. */
  usbDrive: z
    .array(z.strictObject({ name: text, microLinkId: z.int().min(1), version: release }))
    .nullable()
    .default(null),
  /** The card has its application. */
  app: z.boolean().default(true),
  /** Lists of files: like `ls -l` (AOS 5, which has no `pwd` and no `bye` either), or size, date and name (from AOS 6 on). */
  listing: z.enum(['5', '6']).default('6'),
  /** Commands that are answered with these very lines while the UPS is idle. */
  answers: z.record(text, z.array(z.string().max(200)).max(200)).default({}),
  /** How far the card's clock is ahead (behind: negative). */
  clockOffsetSeconds: z.int().default(0),
  inventory: z.strictObject({
    transfer: z.array(z.enum(['scp', 'ftp'])),
    start: z.array(z.enum(['snmp', 'cli'])),
    plaintext: z.boolean(),
    legacySsh: z.boolean().default(false),
  }),
  /** Where the event log lies as a file: beside the settings, or in a folder of its own. */
  logPlace: z.enum(['root', 'logs']).default('root'),
  /** Bytes of flash that are left for files; null = enough for all. */
  flashBytes: z.int().min(0).nullable().default(null),
  /** What the command line prints when it waits; a long one has the name of the user before it. */
  prompt: z
    .string()
    .regex(/^(?:[A-Za-z0-9. ]{1,40}@)?[A-Za-z0-9.]{1,40}>$/)
    .default('apc>'),
  /** `stalling`: the tail of what the command line prints is held back until the next byte of input. */
  echo: z.enum(['plain', 'stalling']).default('plain'),
  /** The FTP server offers explicit TLS. */
  ftpTls: z.boolean().default(false),
  telnet: z.boolean().default(false),
  /** The web page without TLS; `redirect`: it only sends to the one with TLS. */
  http: z.enum(['off', 'plain', 'redirect']).default('off'),
  https: z.boolean().default(false),
});

export type Persona = z.infer<typeof PersonaSchema>;

export const PERSONAS = [
  'smt1500-nmc2',
  'smx1500-nmc3',
  'smt1500c-closed',
  'sua1500-legacy',
  'smx1500-current',
  'srt5000-transit',
  'smt1500-ap9630-2012',
  'smt2200-nmc2-716',
  'srt10k-ap9641',
  'srtl-embedded',
  'card-without-app',
] as const;
export type PersonaName = (typeof PERSONAS)[number];

/** The persona of a name; one that is whole already stays as it is. */
export async function loadPersona(persona: PersonaName | Persona): Promise<Persona> {
  if (typeof persona !== 'string') return persona;
  const file = new URL(`personas/${persona}.yaml`, import.meta.url);
  const { value } = await readBundledData(file, PersonaSchema);
  return value;
}

/** Larger is no persona. */
const LARGEST_FILE = 256 * 1024;

/** Reads a persona of somebody's own. Throws Problem config/usage with every finding. */
export async function loadPersonaFile(path: string): Promise<Persona> {
  const hint = `Give one of ${PERSONAS.join(', ')}, or a file as docs/simulator.md describes it.`;
  let text: string;
  try {
    text = await readTextWithin(path, LARGEST_FILE);
  } catch (cause) {
    throw new Problem(
      'config/usage',
      `The persona ${path} is no name and no file that can be read: ${reasonOf(cause)}.`,
      {
        hint,
        cause,
      },
    );
  }
  const parsed = parseYaml(text, PersonaSchema);
  if (parsed.ok) return parsed.value;
  throw new Problem(
    'config/usage',
    `The persona file has findings.\n${listFindings(path, parsed.findings.with())}`,
    {
      hint,
    },
  );
}
