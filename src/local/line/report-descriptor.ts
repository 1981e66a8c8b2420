/** Usage page of the vendor's tunnel and its two usages. Source: docs/sources/local.md#microlink-over-usb */
const TUNNEL_PAGE = 0xff86;
const TO_UNIT = 0xfc;
const FROM_UNIT = 0xfd;

/** The two reports that carry Microlink and Modbus over USB. */
export interface Tunnel {
  readonly toUnit: ReportShape;
  readonly fromUnit: ReportShape;
}

export interface ReportShape {
  readonly id: number;
  /** Bytes after the report ID. */
  readonly bytes: number;
}

const LONGEST_DESCRIPTOR = 4096;

/** The global items that apply at one point of a descriptor (HID 1.11, section 6.2.2). */
interface Globals {
  readonly page: number;
  readonly size: number;
  readonly count: number;
  readonly id: number;
}

/** Finds the tunnel in a HID report descriptor. Null if there is none or the descriptor is malformed. */
export function tunnelOf(descriptor: Uint8Array): Tunnel | null {
  let globals: Globals = { page: 0, size: 0, count: 0, id: 0 };
  const stack: Globals[] = [];
  let usages: number[] = [];
  let toUnit: ReportShape | null = null;
  let fromUnit: ReportShape | null = null;
  if (descriptor.length > LONGEST_DESCRIPTOR) return null;
  for (const { kind, tag, value, bytes } of itemsOf(descriptor)) {
    if (kind === 'global') {
      if (tag === 10) stack.push(globals);
      else if (tag === 11) globals = stack.pop() ?? globals;
      else globals = { ...globals, ...globalItem(tag, value) };
    } else if (kind === 'local') {
      // A usage of four bytes includes its page.
      if (tag === 0) usages.push(bytes === 4 ? value : globals.page * 0x10000 + value);
    } else {
      const shape = { id: globals.id, bytes: Math.floor((globals.size * globals.count) / 8) };
      const has = (usage: number): boolean => usages.includes(TUNNEL_PAGE * 0x10000 + usage);
      if (tag === 9 && has(TO_UNIT)) toUnit = shape;
      if (tag === 8 && has(FROM_UNIT)) fromUnit = shape;
      usages = [];
    }
  }
  return toUnit === null || fromUnit === null ? null : { toUnit, fromUnit };
}

function globalItem(tag: number, value: number): Partial<Globals> {
  if (tag === 0) return { page: value };
  if (tag === 7) return { size: value };
  if (tag === 8) return { id: value };
  return tag === 9 ? { count: value } : {};
}

interface Item {
  readonly kind: 'main' | 'global' | 'local';
  readonly tag: number;
  readonly value: number;
  readonly bytes: number;
}

const KINDS = ['main', 'global', 'local'] as const;
const LONG_ITEM = 0xfe;

function* itemsOf(descriptor: Uint8Array): Generator<Item> {
  let at = 0;
  while (at < descriptor.length) {
    const prefix = descriptor[at] ?? 0;
    if (prefix === LONG_ITEM) {
      at += 3 + (descriptor[at + 1] ?? 0);
      continue;
    }
    const bytes = [0, 1, 2, 4][prefix & 3] ?? 0;
    if (at + 1 + bytes > descriptor.length) return;
    let value = 0;
    for (let index = bytes; index > 0; index -= 1) value = value * 256 + (descriptor[at + index] ?? 0);
    const kind = KINDS[(prefix >> 2) & 3];
    if (kind !== undefined) yield { kind, tag: prefix >> 4, value, bytes };
    at += 1 + bytes;
  }
}
