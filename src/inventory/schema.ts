import { z } from 'zod';
import {
  readHost,
  SNMP_AUTHS,
  SNMP_PRIVS,
  START_METHODS,
  sanitize,
  TRANSFER_METHODS,
  WEEKDAYS,
} from '../core/index.ts';

/** Where a secret comes from; the secret itself never stands in the file. */
const SecretReference = z
  .string()
  .regex(/^(?:env:[A-Za-z_][A-Za-z0-9_]*|file:.+|prompt(?::.+)?)$/, {
    error:
      'must be a reference: env:NAME, file:PATH or prompt, or cmd with a list of words; never the secret itself',
  })
  .or(z.strictObject({ cmd: z.array(z.string().min(1)).min(1) }))
  .describe('env:NAME, file:PATH (readable by its owner only), prompt, or { cmd: [program, argument, ...] }');

export type SecretReference = z.infer<typeof SecretReference>;

const CommunityAccess = z.strictObject({
  version: z.enum(['1', '2c']),
  community: SecretReference,
});

const UserAccess = z.strictObject({
  version: z.literal('3'),
  user: z.string().min(1).max(32),
  auth: z.enum(SNMP_AUTHS).optional(),
  authKey: SecretReference.optional(),
  priv: z.enum(SNMP_PRIVS).optional(),
  privKey: SecretReference.optional(),
});

/** A credential for SNMP as it stands in a file: its secrets are references. */
export const Snmp = z.discriminatedUnion('version', [CommunityAccess, UserAccess]);
export type SnmpReference = z.infer<typeof Snmp>;

const LoginReference = z.strictObject({ user: z.string().min(1).max(64), password: SecretReference });
export type LoginReference = z.infer<typeof LoginReference>;

/** A port number. */
export const PortSchema = z.int().min(1).max(65535);
const Ports = z.strictObject({
  snmp: PortSchema.optional(),
  ssh: PortSchema.optional(),
  ftp: PortSchema.optional(),
  telnet: PortSchema.optional(),
  http: PortSchema.optional(),
  https: PortSchema.optional(),
});

const TimeOfDay = z
  .string()
  .regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, { error: 'must be a time of day like "02:00"' });
const Day = z.enum(WEEKDAYS);

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

const WindowSchema = z.strictObject({
  days: z.array(Day).min(1),
  from: TimeOfDay,
  to: TimeOfDay,
  timezone: z.string().refine(isTimeZone, { error: 'is not a time zone name like "Europe/Berlin"' }),
});

/** What may be said for all units, for a site and for a unit; the nearest one counts. */
const settings = {
  snmp: Snmp.nullable().optional(),
  write: Snmp.nullable().optional(),
  login: LoginReference.nullable().optional(),
  transfer: z.array(z.enum(TRANSFER_METHODS)).min(1).optional(),
  start: z.array(z.enum(START_METHODS)).min(1).optional(),
  plaintext: z.boolean().optional(),
  ssh: z.strictObject({ legacy: z.boolean() }).optional(),
  ftp: z
    .strictObject({
      separateDataHost: z
        .boolean()
        .describe('true: the card may name another address for its data connections, as one behind NAT does'),
    })
    .optional(),
  ports: Ports.optional(),
  window: WindowSchema.nullable().optional(),
};

/** `1,53E+09`, as a spreadsheet writes a long number: its digits are lost. */
export function isRounded(serial: string): boolean {
  return /^[+-]?\d+(?:[.,]\d+E[+-]?|E[+-])\d+$/i.test(serial);
}

/** Characters of a name at most. */
export const LONGEST_NAME = 64;

/** Name of a unit or of a site; `what` begins the message, such as an option. */
export function nameSchema(what = ''): z.ZodString {
  return z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, {
    error: ({ input }) => {
      const length = typeof input === 'string' ? input.length : 0;
      return length > LONGEST_NAME
        ? `${what}has ${length} characters; a name has ${LONGEST_NAME} at most`
        : `${what}may hold letters, digits, dot, dash and underscore only, and begins with a letter or a digit`;
    },
  });
}

/** An address or a host name as an inventory takes it; the brackets around an IPv6 address go. */
export const HostSchema = z.string().transform((text, context) => {
  const read = readHost(text);
  if (read.ok) return read.host;
  context.addIssue({ code: 'custom', message: `"${sanitize(text, 64)}" ${read.why}` });
  return z.NEVER;
});

const LONGEST_LOAD = 64;

/** Name of a load, as it is shown: names that look alike are one, so that two units of one load are never in flight together. */
const LoadName = z
  .string()
  .min(1)
  .max(LONGEST_LOAD)
  .transform((text, context) => {
    const name = sanitize(text.normalize('NFC'), LONGEST_LOAD).replaceAll(/ +/g, ' ');
    if (name !== '') return name;
    context.addIssue({ code: 'custom', message: 'holds blanks only; name the load, or leave the entry out' });
    return z.NEVER;
  });

const UnitSchema = z.strictObject({
  name: nameSchema(),
  host: HostSchema.optional(),
  serialPort: z.string().min(1).max(256).optional(),
  usb: z.string().min(1).max(64).optional(),
  serial: z
    .string()
    .min(6)
    .max(32)
    .refine((serial) => !isRounded(serial), {
      error: 'is a number that a spreadsheet has rounded; write the serial number of the label',
    })
    .optional(),
  feeds: z.array(LoadName).optional(),
  redundantWith: z.array(z.string().min(1).max(130)).optional(),
  switchOutput: z
    .literal('off', { error: 'may only be "off"; leave it out where the output is to stay as it is' })
    .optional()
    .describe('off: switch the output off for an update and on again afterwards; absent: never switch it'),
  ...settings,
});

const SiteSchema = z.strictObject({
  name: nameSchema(),
  concurrency: z
    .int()
    .min(1)
    .max(64)
    .optional()
    .describe('units of the site that one run updates at the same time; 1 where absent'),
  ...settings,
  units: z.array(UnitSchema),
});

/** The inventory file as written. The JSON Schema in schema/ is made from this. */
export const InventorySchema = z
  .strictObject({
    version: z.literal(1),
    images: z.string().min(1).optional().describe('folder of the image files, relative to this file'),
    trust: z
      .array(
        z.string().regex(/^[0-9a-fA-F]{64}$/, { error: 'must be a SHA-256 hash: 64 hexadecimal digits' }),
      )
      .max(10_000)
      .optional()
      .describe('SHA-256 hashes of images that a person has compared with those of the vendor'),
    unknownImages: z
      .enum(['refuse', 'warn'])
      .optional()
      .describe('images whose hash neither the catalogue nor trust has: refuse, or warn (where absent)'),
    defaults: z.strictObject({ concurrency: z.int().min(1).max(64).optional(), ...settings }).optional(),
    sites: z.array(SiteSchema),
  })
  .describe('Inventory of upsfw');

export type InventoryFile = z.infer<typeof InventorySchema>;
export type SiteEntry = z.infer<typeof SiteSchema>;
export type UnitEntry = z.infer<typeof UnitSchema>;
export type WindowEntry = z.infer<typeof WindowSchema>;
