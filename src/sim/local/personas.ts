import { z } from 'zod';
import { readBundledData } from '../../yaml/index.ts';
import { SECTION_NAMES } from './microlink/fields.ts';

const text = z.string().min(1).max(60);
const release = z.string().regex(/^\d\d\.\d$/);
const byte = z.int().min(0).max(255);

/**
 * The page layout of a unit; it differs between firmware releases.
 * Source: docs/sources/local.md#microlink-descriptor
 */
const MicrolinkSchema = z.strictObject({
  /** W of page 0: data bytes per page. */
  pageWidth: z.int().min(16).max(60),
  pageCount: z.int().min(32).max(0xe0),
  /** Series data version of page 0. */
  seriesData: byte,
  widths: z.strictObject({
    serial: z.int().min(14).max(16),
    sku: z.int().min(14).max(32),
    model: z.int().min(16).max(32),
    name: z.int().min(20).max(32),
  }),
  /** The data pointer of page 0. */
  dataAt: z.strictObject({ page: byte, offset: byte }),
  /** The sections, in the order of this firmware. */
  order: z
    .array(z.enum(SECTION_NAMES))
    .length(SECTION_NAMES.length)
    .refine((order) => new Set(order).size === order.length, { error: 'names a section twice' }),
  /** Bytes of unknown meaning before each section. */
  gaps: z.array(z.int().min(0).max(200)).length(SECTION_NAMES.length),
  /** Switched outlet groups. */
  outletGroups: z.int().min(1).max(4),
});

/** A simulated unit at a serial or USB port. */
export const LocalPersonaSchema = z
  .strictObject({
    port: z.enum(['serial', 'usb']),
    protocol: z.enum(['microlink', 'modbus', 'ups-link']),
    startsIn: z.enum(['application', 'loader']).default('application'),
    unit: z.strictObject({
      model: text,
      sku: text,
      /** UPS firmware, `12.0`; for a UPS-Link unit its firmware string. */
      version: text,
      /** Null for a UPS-Link unit. */
      microLinkId: z.int().min(1).max(0xffff).nullable(),
      /** Firmware of the communication processor. */
      mcu: release,
      /** Boot loader of the UPS. */
      ubl: release,
      /** Boot loader of the communication processor. */
      mbl: release,
      manufactured: z.iso.date(),
      ratingVA: z.int().min(1).max(0xffff),
      ratingW: z.int().min(1).max(0xffff),
    }),
    microlink: MicrolinkSchema.nullable().default(null),
    /** USB: `productId` in hexadecimal as in sysfs, and the text before `FW:` in the product string. */
    usb: z
      .strictObject({ productId: z.string().regex(/^[0-9a-f]{4}$/), productName: text })
      .nullable()
      .default(null),
    /**
     * The map ID, and whether the Micro-Link ID is at register 512, as in a public scan of an SRT.
     * Source: docs/sources/local.md#modbus
     */
    modbus: z
      .strictObject({ mapId: z.string().length(4), idRegister: z.boolean() })
      .nullable()
      .default(null),
    /** Answers to `V` and to Ctrl-A. */
    upsLink: z.strictObject({ letters: text, model: text }).nullable().default(null),
    /** Lines that the boot loader prints before it asks for an image. */
    loader: z
      .strictObject({ banner: z.array(text).min(1).max(8) })
      .nullable()
      .default(null),
    /** Releases of a firmware line from `from` on need this boot loader or a later one. */
    loaderNeeded: z
      .strictObject({ microLinkId: z.int().min(1), from: release, loader: release })
      .nullable()
      .default(null),
  })
  .refine((one) => one.protocol !== 'microlink' || one.microlink !== null, { error: 'has no pages' })
  .refine((one) => one.protocol !== 'modbus' || one.modbus !== null, { error: 'has no registers' })
  .refine((one) => one.protocol !== 'ups-link' || one.upsLink !== null, { error: 'has no answers' })
  .refine((one) => one.startsIn !== 'loader' || one.loader !== null, { error: 'has no boot loader' })
  .refine((one) => one.port !== 'usb' || (one.usb !== null && one.protocol === 'microlink'), {
    error: 'has no USB strings, or uses another protocol than Microlink there',
  });

export type LocalPersona = z.infer<typeof LocalPersonaSchema>;
export type MicrolinkLayout = z.infer<typeof MicrolinkSchema>;

export const LOCAL_PERSONAS = [
  'smc1000i-serial',
  'smt1500c-serial',
  'smx1500-usb',
  'scl500-usb',
  'srt5000-modbus',
  'sua1500-upslink',
  'smt1500-loader',
  'smt1500-old-loader',
] as const;
export type LocalPersonaName = (typeof LOCAL_PERSONAS)[number];

/** Loads a persona by name; a complete persona is returned unchanged. */
export async function loadLocalPersona(persona: LocalPersonaName | LocalPersona): Promise<LocalPersona> {
  if (typeof persona !== 'string') return persona;
  const file = new URL(`personas/${persona}.yaml`, import.meta.url);
  const { value } = await readBundledData(file, LocalPersonaSchema);
  return value;
}
