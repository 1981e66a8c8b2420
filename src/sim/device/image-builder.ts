/**
 * Builds images from what is known of the container format. They contain no vendor data, and no unit would
 * run them.
 * Source: docs/sources/image-format.md#header
 */
export interface ImageRecipe {
  readonly microLinkId: number;
  /** Micro-Link ID of the application, if installing changes it. */
  readonly microLinkIdAfter?: number;
  readonly version: string;
  readonly format?: 3 | 4;
  /** Names of further records, e.g. `UBL 07.5`; a long name makes a RAM routine. */
  readonly parts?: readonly string[];
  readonly signed?: boolean;
  /** Payload size of the application. */
  readonly payloadBytes?: number;
}

const BLOCK = 128;

/** Builds an image. The same recipe gives the same bytes. */
export function buildImage(recipe: ImageRecipe): Buffer {
  const { microLinkId, version, parts = [], signed = false, payloadBytes = 60_000 } = recipe;
  const format = recipe.format ?? 3;
  const after = recipe.microLinkIdAfter ?? microLinkId;
  const records: Buffer[] = [];
  const add = (slot: number, id: number, name: string, bytes: number): void => {
    records.push(record({ format, slot, id, name, index: records.length + 1, bytes, seed: records.length }));
  };
  const manifest = format === 4 || after !== microLinkId;
  if (manifest) add(0x00, microLinkId, `UPS ${version}`, 256);
  for (const part of parts) add(slotOf(part), microLinkId, part, 4096);
  add(0x01, after, manifest ? `COM ${version}` : `UPS ${version}`, payloadBytes);
  if (signed) add(0x65, microLinkId, `PKG ${version}`, 2525);
  return Buffer.concat(records);
}

function slotOf(name: string): number {
  if (name.startsWith('UBL') || name.startsWith('CBL')) return 0x81;
  if (name.startsWith('MBL')) return 0x82;
  if (name.startsWith('MCU')) return 0x02;
  return /^[A-Za-z_]{5,}$/.test(name) ? 0x10 : 0x03;
}

interface RecordRecipe {
  readonly format: number;
  readonly slot: number;
  readonly id: number;
  readonly name: string;
  readonly index: number;
  readonly bytes: number;
  readonly seed: number;
}

function record(recipe: RecordRecipe): Buffer {
  const payload = Buffer.alloc(Math.ceil(recipe.bytes / BLOCK) * BLOCK);
  fill(payload.subarray(0, recipe.bytes), recipe.id * 31 + recipe.seed);
  const header = Buffer.alloc(BLOCK);
  header[0x00] = recipe.format;
  header[0x01] = recipe.slot;
  header[0x02] = recipe.format;
  header.writeUInt32BE(recipe.bytes, 0x06);
  header.writeUInt32BE(recipe.id, 0x0a);
  header.writeUInt16BE(sums(payload), 0x10);
  header[0x12] = recipe.slot === 0x10 ? 0xff : recipe.index;
  header[0x13] = recipe.name.length;
  header.write(recipe.name, 0x14, 'latin1');
  header.writeUInt16BE(sums(header.subarray(0, 0x7e)), 0x7e);
  return Buffer.concat([header, payload]);
}

/** Repeatable bytes that look random (a linear congruential sequence). */
function fill(bytes: Buffer, seed: number): void {
  let state = (seed + 1) >>> 0;
  for (let i = 0; i < bytes.length; i += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[i] = state >>> 24;
  }
}

/** The two running sums of the format, high byte first. */
export function sums(bytes: Uint8Array): number {
  let first = 0;
  let second = 0;
  for (const byte of bytes) {
    first = (first + byte) % 256;
    second = (second + first) % 256;
  }
  return second * 256 + first;
}

/** The images of the demo. */
export const DEMO_IMAGES: Readonly<Record<string, ImageRecipe>> = {
  'SMT18UPS_15-1.enc': { microLinkId: 18, version: '15.1', payloadBytes: 194_048 },
  'SMT20UPS_15-0.enc': {
    microLinkId: 20,
    version: '15.0',
    parts: ['UBL 07.5', 'dsp_ram_app', 'MCU 10.3'],
    payloadBytes: 180_000,
  },
  'SMT1015UPS_18-0.enc': {
    microLinkId: 1015,
    version: '18.0',
    format: 4,
    parts: ['MBL 04.0', 'MCU 17.1', 'CBL 04.0'],
    signed: true,
    payloadBytes: 240_000,
  },
};

/** Images for routes of more than one hop: one brings a newer boot loader, one changes the Micro-Link ID. */
export const ROUTE_IMAGES: Readonly<Record<string, ImageRecipe>> = {
  'SMT18UPS_09-6.enc': {
    microLinkId: 18,
    version: '09.6',
    parts: ['UBL 08.5', 'MCU 20.0'],
    payloadBytes: 170_000,
  },
  'SRT1001UPS_02-9.enc': {
    microLinkId: 1001,
    microLinkIdAfter: 1013,
    version: '02.9',
    parts: ['BBL 01.8', 'BMC 18.7', 'MBL 02.4', 'MCU 05.4', 'CBL 01.0'],
    payloadBytes: 200_000,
  },
  'SRT1013UPS_15-3.enc': {
    microLinkId: 1013,
    version: '15.3',
    parts: ['BBL 01.8', 'BMCh18.7', 'MBL 02.4', 'MCUf08.3', 'CBLb01.0'],
    payloadBytes: 210_000,
  },
};

/** Images for the remaining personas. */
export const PERSONA_IMAGES: Readonly<Record<string, ImageRecipe>> = {
  'SRT1019UPS_07-9.enc': {
    microLinkId: 1019,
    microLinkIdAfter: 1025,
    version: '07.9',
    parts: ['MBL 02.4', 'MCU 05.4'],
    payloadBytes: 220_000,
  },
  'SRTL1034UPS_06-9.enc': {
    microLinkId: 1034,
    version: '06.9',
    format: 4,
    parts: ['MBL 04.0', 'MCU 17.1'],
    signed: true,
    payloadBytes: 220_000,
  },
};

/** Images for the units at ports. */
export const LOCAL_IMAGES: Readonly<Record<string, ImageRecipe>> = {
  'SMT17UPS_07-1.enc': {
    microLinkId: 17,
    version: '07.1',
    parts: ['UBL 07.3', 'MCU 07.0'],
    payloadBytes: 120_000,
  },
  'SMC1005UPS_15-1.enc': { microLinkId: 1005, version: '15.1', payloadBytes: 90_000 },
  'SCL1036UPS_15-9.enc': {
    microLinkId: 1036,
    version: '15.9',
    format: 4,
    parts: ['MBL 04.0', 'MCU 17.1'],
    signed: true,
    payloadBytes: 150_000,
  },
};
