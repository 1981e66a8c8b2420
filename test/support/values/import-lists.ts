import { Problem } from '../../../src/core/index.ts';
import {
  IMPORTERS,
  type Imported,
  type ImportFormat,
  type ImportOptions,
} from '../../../src/inventory/index.ts';

/** Imports a list; a value that is not text is converted to JSON. */
export function take(format: ImportFormat, list: unknown, options?: ImportOptions): Imported {
  return IMPORTERS[format](typeof list === 'string' ? list : JSON.stringify(list), options);
}

/** Each unit as `site/name host:port serial`, with `?` for what is not known. */
export function units(imported: Imported): readonly string[] {
  return imported.units.map(
    ({ site, name, host, snmpPort, serial }) =>
      `${site ?? '?'}/${name ?? '?'} ${host}:${snmpPort ?? '?'} ${serial ?? '?'}`,
  );
}

/** Each note as `place: message`. */
export function notes(imported: Imported): readonly string[] {
  return imported.notes.map(({ place, message }) => `${place}: ${message}`);
}

/** Code, message and hint of the problem for a list; `none` if the list is accepted. */
export function refusal(format: ImportFormat, list: unknown, options?: ImportOptions): string {
  try {
    take(format, list, options);
  } catch (thrown) {
    if (thrown instanceof Problem) return `${thrown.code} ${thrown.message} ${thrown.hint}`;
    throw thrown;
  }
  return 'none';
}
