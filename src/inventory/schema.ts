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
import { nameSchema } from './names.ts';

/** A secret reference without a command. `error`: the message for anything else. */
function textReference(error: string): z.ZodString {
  return z.string().regex(/^(?:env:[A-Za-z_][A-Za-z0-9_]*|file:.+|prompt(?::.+)?)$/, { error });
}

/**
 * A secret reference as an option takes it; `option` begins the message, `secret` names what must not be
 * given.
 */
export function secretOptionSchema(option = '', secret = 'secret'): z.ZodString {
  return textReference(
    `${option}must be a reference: env:NAME, file:PATH or prompt; never the ${secret} itself`,
  );
}

/** Where a secret comes from; the secret itself is never in the file. */
const SecretReference = textReference(
  'must be a reference: env:NAME, file:PATH or prompt, or cmd with a program and its arguments; never the secret itself',
)
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

/** An SNMP credential as written in a file: its secrets are references. */
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

/** Settings for all units, for a site and for a unit; the nearest one counts. */
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
        .describe(
          'true: the card may name another address for its data connections, as a card behind NAT does',
        ),
    })
    .optional(),
  ports: Ports.optional(),
  window: WindowSchema.nullable().optional(),
};

/** Whether a text is a long number that a spreadsheet rounded, such as `1,53E+09`: its digits are lost. */
export function isRounded(serial: string): boolean {
  return /^[+-]?\d+(?:[.,]\d+E[+-]?|E[+-])\d+$/i.test(serial);
}

/** An address or a host name; brackets around an IPv6 address are removed. */
export const HostSchema = z.string().transform((text, context) => {
  const read = readHost(text);
  if (read.ok) return read.host;
  context.addIssue({ code: 'custom', message: `"${sanitize(text, 64)}" ${read.why}` });
  return z.NEVER;
});

const LONGEST_LOAD = 64;

/**
 * Name of a load. Names that look the same become the same, so that two units of a load are never updated
 * together.
 */
const LoadName = z
  .string()
  .min(1)
  .max(LONGEST_LOAD)
  .transform((text, context) => {
    const name = sanitize(text.normalize('NFC'), LONGEST_LOAD).replaceAll(/ +/g, ' ');
    if (name !== '') return name;
    context.addIssue({ code: 'custom', message: 'holds spaces only; name the load, or leave the entry out' });
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
      error: 'is a number that a spreadsheet rounded; write the serial number from the label',
    })
    .optional(),
  feeds: z.array(LoadName).optional(),
  redundantWith: z.array(z.string().min(1).max(130)).optional(),
  switchOutput: z
    .literal('off', { error: 'may only be "off"; leave it out to keep the output as it is' })
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
    .describe('units of the site that one run updates at the same time; default 1'),
  ...settings,
  units: z.array(UnitSchema),
});

/** The inventory file as written. The JSON Schema in schema/ is generated from this. */
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
      .describe('SHA-256 hashes of images that a person compared with the hashes of the vendor'),
    unknownImages: z
      .enum(['refuse', 'warn'])
      .optional()
      .describe('images whose hash is neither in the catalogue nor in trust: refuse, or warn (default)'),
    defaults: z.strictObject({ concurrency: z.int().min(1).max(64).optional(), ...settings }).optional(),
    sites: z.array(SiteSchema),
  })
  .describe('Inventory of upsfw');

export type InventoryFile = z.infer<typeof InventorySchema>;
export type SiteEntry = z.infer<typeof SiteSchema>;
export type UnitEntry = z.infer<typeof UnitSchema>;
export type WindowEntry = z.infer<typeof WindowSchema>;
