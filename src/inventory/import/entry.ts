import { z } from 'zod';
import { joinList, sanitize } from '../../core/index.ts';

const Fields = z.record(z.string(), z.unknown());
type Fields = z.infer<typeof Fields>;

/** Fields whose digits a number may have lost (`0012`, `5E12`). */
const TEXT_ONLY: ReadonlySet<string> = new Set(['serial', 'serial_number', 'upsfw_serial']);

/** The object in a value; null for anything else. */
export function fieldsOf(value: unknown): Fields | null {
  const read = Fields.safeParse(value);
  return read.success ? read.data : null;
}

/** What a value of another shape is, for a message that does not repeat it. */
export function shapeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  return typeof value === 'string' ? 'a text' : `a ${typeof value}`;
}

/**
 * One entry of a JSON list. Fields of another shape count as absent and are named in `faults`, so that no
 * entry costs the others.
 */
export class Entry {
  readonly #fields: Fields;
  readonly #faults = new Map<string, string>();

  constructor(fields: Fields) {
    this.#fields = fields;
  }

  /** What is wrong with the fields that were read, one sentence part each. */
  get faults(): readonly string[] {
    return [...this.#faults.values()];
  }

  /** Whether the entry has one of these fields. */
  hasAny(keys: Iterable<string>): boolean {
    return [...keys].some((key) => Object.hasOwn(this.#fields, key));
  }

  /** The value of a field as it is; undefined where it is absent or null. */
  value(key: string): unknown {
    return (Object.hasOwn(this.#fields, key) ? this.#fields[key] : undefined) ?? undefined;
  }

  /** Adds a fault of a field. */
  fault(key: string, why: string): null {
    this.#faults.set(key, `its ${TEXT_ONLY.has(key) ? 'serial number' : sanitize(key, 40)} ${why}`);
    return null;
  }

  /** A field with text. A number counts as text, except in a serial number. */
  text(key: string): string | null {
    return this.label(key, []);
  }

  /** The same, or the text in the object of the field: that of the first key of `inner` that has one. */
  label(key: string, inner: readonly string[]): string | null {
    const value = this.value(key);
    if (value === undefined || typeof value === 'string') return value ?? null;
    if (typeof value === 'number' && !TEXT_ONLY.has(key) && inner.length === 0) return String(value);
    if (typeof value === 'number' && TEXT_ONLY.has(key))
      return this.fault(key, 'is a number and may have lost digits; not imported. Put it in quotes');
    const fields = inner.length === 0 ? null : fieldsOf(value);
    for (const one of inner) {
      const text = fields !== null && Object.hasOwn(fields, one) ? fields[one] : undefined;
      if (typeof text === 'string' && text !== '') return text;
    }
    if (typeof value === 'number') return this.fault(key, 'is only an ID; not imported');
    if (fields !== null && Object.keys(fields).length === 0) return null;
    return this.fault(key, `is ${shapeOf(value)} without a text; not imported`);
  }

  /** Each text of a field that has one text or a list of them, or of objects as in `label`. */
  labels(key: string, inner: readonly string[]): readonly string[] {
    const value = this.value(key);
    if (!Array.isArray(value)) return [this.label(key, inner) ?? ''].filter((text) => text !== '');
    return value.slice(0, 100).flatMap((one: unknown) => {
      const item = new Entry({ [key]: one });
      const text = item.label(key, inner);
      for (const [name, why] of item.#faults) this.#faults.set(name, why);
      return text === null || text === '' ? [] : [text];
    });
  }
}

/** A note on fields that were not read; null where all were. */
export function faultsText(entry: Entry): string | null {
  return entry.faults.length === 0 ? null : joinList(entry.faults);
}
