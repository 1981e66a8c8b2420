import { importAnsible } from './ansible.ts';
import { importCsv } from './csv.ts';
import type { Imported, ImportOptions } from './imported.ts';
import { importLibrenms } from './librenms.ts';
import { importNetbox } from './netbox.ts';
import { importNut } from './nut.ts';

/** The formats of lists. */
export const IMPORT_FORMATS = ['netbox', 'ansible', 'csv', 'nut', 'librenms'] as const;
export type ImportFormat = (typeof IMPORT_FORMATS)[number];

/** Parsers by format; pure. Each throws Problem config/import for a text of another format. */
export const IMPORTERS: Readonly<Record<ImportFormat, (text: string, options?: ImportOptions) => Imported>> =
  {
    netbox: importNetbox,
    ansible: importAnsible,
    csv: importCsv,
    nut: importNut,
    librenms: importLibrenms,
  };
