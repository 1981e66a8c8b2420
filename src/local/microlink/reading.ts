import { type FieldMap, walkDescriptor } from './descriptor.ts';
import { DESCRIPTOR_START } from './header.ts';
import { hasDescriptor, type Pages } from './pages.ts';

/** The fields of a unit by path. Null: not read, or not there. */
export interface Fields {
  readonly seriesId: number;
  readonly places: FieldMap;
  /** The bytes of a field. */
  bytes(path: string): Buffer | null;
  text(path: string): string | null;
  unsigned(path: string): number | null;
  signed(path: string): number | null;
  /** One bit of a field, counted from the lowest. */
  bit(path: string, bit: number): boolean | null;
  /** The first text in the data that matches; for values without a known path. */
  find(pattern: RegExp): string | null;
}

const NO_FIELDS: FieldMap = new Map();

/** Extracts the fields from pages. Without a complete descriptor there are none, only page 0. */
export function fieldsOf(pages: Pages): Fields {
  const { header, bytes: all } = pages;
  const places = hasDescriptor(pages)
    ? walkDescriptor(all, DESCRIPTOR_START, header.dataStart).fields
    : NO_FIELDS;
  const bytes = (path: string): Buffer | null => {
    const place = places.get(path);
    if (place === undefined || place.size === 0) return null;
    const last = Math.floor((place.offset + place.size - 1) / header.width);
    for (let page = Math.floor(place.offset / header.width); page <= last; page += 1) {
      if (!pages.has(page)) return null;
    }
    return all.subarray(place.offset, place.offset + place.size);
  };
  const unsigned = (path: string): number | null => {
    const field = bytes(path);
    return field === null || field.length > 6 ? null : field.readUIntBE(0, field.length);
  };
  return {
    seriesId: header.seriesId,
    places,
    bytes,
    text: (path) => textOf(bytes(path)),
    unsigned,
    signed(path) {
      const field = bytes(path);
      return field === null || field.length > 6 ? null : field.readIntBE(0, field.length);
    },
    bit(path, bit) {
      const value = unsigned(path);
      const places = (bytes(path)?.length ?? 0) * 8;
      return value === null || bit >= places ? null : Math.floor(value / 2 ** bit) % 2 === 1;
    },
    find: (pattern) => pattern.exec(all.toString('latin1', header.dataStart))?.[0].trim() ?? null,
  };
}

/** Text without its padding; null if it is empty. */
function textOf(field: Buffer | null): string | null {
  if (field === null) return null;
  const text = field.toString('latin1').replace(/[\0\s]+$/, '');
  return text === '' ? null : text;
}
