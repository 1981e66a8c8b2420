import { z } from 'zod';
import { Problem, reasonOf } from '../core/index.ts';
import { listFindings, parseYaml, readBundledData, readTextWithin } from '../yaml/index.ts';

const text = z.string().min(1).max(100);
const release = z.string().regex(/^\d\d\.\d$/);

/** What a simulated card and its UPS report and support. */
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
    /** Null for a unit of the older protocol; its firmware string is then `version` unchanged. */
    microLinkId: z.int().min(1).nullable(),
    ratingVA: z.int().nullable(),
    manufactured: text,
  }),
  sysObjectId: text,
  snmp: z.enum(['v1', 'v2c', 'v3']),
  /**
   * `old`: only SHA-1 key exchange and CBC ciphers, as on second-generation cards; `old-rsa1024`: also a host
   * key of 1024 bits.
   */
  ssh: z.enum(['none', 'old', 'old-rsa1024', 'modern']),
  ftp: z.boolean(),
  /** The card has upsAdvControlFirmwareUpdate. */
  updateObject: z.boolean(),
  /** The command line has `upsfwupdate`. */
  upsfwupdate: z.boolean(),
  /**
   * Releases that close the card gate of a firmware line, and the one that opens it again. A line that is not
   * listed is open.
   */
  cardGates: z
    .array(z.strictObject({ microLinkId: z.int().min(1), closedFrom: release, openFrom: release.nullable() }))
    .default([]),
  /**
   * Releases of a firmware line from `from` on need this boot loader, which came with the release
   * `broughtBy`.
   */
  loaderNeeded: z
    .strictObject({ microLinkId: z.int().min(1), from: release, loader: release, broughtBy: release })
    .nullable()
    .default(null),
  /**
   * First release of the card's application that can update this unit; an older one fails at once. Null: any.
   */
  minApp: text.nullable().default(null),
  /** First release of the card's application that knows image format 4; null: any. */
  format4From: text.nullable().default(null),
  /**
   * "SmartSlot" in the panel's menu of firmware update interfaces; if off, every update through the card
   * fails at once.
   */
  smartSlot: z.boolean().default(true),
  /** Whether an update starts while the output is on; `asks`: the command line asks, and SNMP is refused. */
  outputOnUpdate: z.enum(['allowed', 'refused', 'asks']).default('allowed'),
  /**
   * The UPS first receives a file and installs it later: by itself, when the output goes off, or only at the
   * panel.
   */
  twoStep: z.enum(['now', 'next-off', 'dont']).nullable().default(null),
  /** Images on a USB drive at the card; null: a card without a port. */
  usbDrive: z
    .array(z.strictObject({ name: text, microLinkId: z.int().min(1), version: release }))
    .nullable()
    .default(null),
  /** The card has its application. */
  app: z.boolean().default(true),
  /**
   * What `about` prints in place of a missing application: nothing, the boot monitor, or that it cannot read
   * the module.
   */
  appSlot: z.enum(['absent', 'bootmon', 'invalid']).default('absent'),
  /**
   * The card has lost its UPS: the objects of its identity are empty, missing, or `UNKNOWN`. Null: it has
   * not.
   */
  lostUps: z.enum(['empty', 'absent', 'unknown']).nullable().default(null),
  /**
   * File listings: like `ls -l` (AOS 5, which also lacks `pwd` and `bye`), or size, date and name (from AOS
   * 6).
   */
  listing: z.enum(['5', '6']).default('6'),
  /** Commands with recorded answers, which are repeated while the UPS is idle. */
  answers: z.record(text, z.array(z.string().max(200)).max(200)).default({}),
  /** Offset of the card's clock; negative: behind. */
  clockOffsetSeconds: z.int().default(0),
  inventory: z.strictObject({
    transfer: z.array(z.enum(['scp', 'ftp'])),
    start: z.array(z.enum(['snmp', 'cli'])),
    plaintext: z.boolean(),
    legacySsh: z.boolean().default(false),
  }),
  /** Location of the event log file: beside the settings, or in its own folder. */
  logPlace: z.enum(['root', 'logs']).default('root'),
  /** Free bytes of flash; null: enough for all. */
  flashBytes: z.int().min(0).nullable().default(null),
  /** The prompt of the command line; a long one starts with the user name. */
  prompt: z
    .string()
    .regex(/^[^\r\n]{1,120}$/)
    .default('apc>'),
  /** `stalling`: the end of the output is held back until the next byte of input. */
  echo: z.enum(['plain', 'stalling']).default('plain'),
  /** The FTP server offers explicit TLS. */
  ftpTls: z.boolean().default(false),
  telnet: z.boolean().default(false),
  /** The web page over HTTP; `redirect`: only a redirect to HTTPS. */
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
  'card-lost-ups',
] as const;
export type PersonaName = (typeof PERSONAS)[number];

/** Loads a persona by name; a complete persona is returned unchanged. */
export async function loadPersona(persona: PersonaName | Persona): Promise<Persona> {
  if (typeof persona !== 'string') return persona;
  const file = new URL(`personas/${persona}.yaml`, import.meta.url);
  const { value } = await readBundledData(file, PersonaSchema);
  return value;
}

/** A larger file is not a persona. */
const LARGEST_FILE = 256 * 1024;

/** Reads a persona from a file. Throws Problem config/usage with every finding. */
export async function loadPersonaFile(path: string): Promise<Persona> {
  const hint = `Use one of ${PERSONAS.join(', ')}, or a file as described in docs/simulator.md.`;
  let text: string;
  try {
    text = await readTextWithin(path, LARGEST_FILE);
  } catch (cause) {
    throw new Problem(
      'config/usage',
      `${path} is neither a persona nor a readable file: ${reasonOf(cause)}.`,
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
    `The persona file ${path} has errors.\n${listFindings(path, parsed.findings.with())}`,
    {
      hint,
    },
  );
}
