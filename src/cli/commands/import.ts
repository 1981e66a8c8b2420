import { resolve } from 'node:path';
import { z } from 'zod';
import { Problem, sanitize } from '../../core/index.ts';
import {
  createSecretResolver,
  fetchNetbox,
  IMPORT_FORMATS,
  IMPORTERS,
  type Imported,
  type ImportNote,
  type ListedUnit,
  type NoteKind,
  nameSchema,
  secretOptionSchema,
  writeInventoryFile,
} from '../../inventory/index.ts';
import { defineCommand } from '../command.ts';
import { COMMON_OPTIONS } from '../common-options.ts';
import { type Exit, exitOfMerge } from '../exit-codes.ts';
import { mergeListed, readInventoryText } from '../fleet/inventory-update.ts';
import type { Io } from '../io.ts';
import { CommonSchema } from '../options.ts';
import { jsonText } from '../print.ts';
import { interrupted } from '../stoppable.ts';
import { readList } from './import-source.ts';

const ImportArgs = CommonSchema.extend({
  format: z.enum(IMPORT_FORMATS, { error: `format: must be one of ${IMPORT_FORMATS.join(', ')}` }),
  source: z.string().min(1),
  site: nameSchema('--site: '),
  write: z.string().min(1).optional(),
  group: z.string().min(1).optional(),
  token: secretOptionSchema('--token: ', 'token').optional(),
  plaintext: z.boolean(),
});
type ImportArgs = z.infer<typeof ImportArgs>;

export const importCommand = defineCommand<ImportArgs>({
  usage: 'import <format> <source>',
  describe: 'Convert an existing device list into an inventory (touches no device)',
  positionals: {
    format: { describe: IMPORT_FORMATS.join(', ') },
    source: { describe: 'File, - for standard input, or for netbox an https:// URL' },
  },
  options: {
    ...COMMON_OPTIONS,
    site: { type: 'string', default: 'imported', describe: 'Site of units without one' },
    write: {
      type: 'string',
      describe: 'Add the units to this inventory file; without it the inventory is printed',
    },
    group: { type: 'string', describe: 'ansible: only this group and its subgroups' },
    token: { type: 'string', describe: 'With a URL: the API token as env:NAME, file:PATH or prompt' },
    plaintext: { type: 'boolean', default: false, describe: 'With a URL: allow http://' },
  },
  schema: ImportArgs,
  run: importList,
});

/** The credential of a new inventory, until somebody changes it. */
const DEFAULT_SNMP = { version: '2c', community: 'env:UPS_READ' } as const;

async function importList(args: ImportArgs, io: Io): Promise<Exit> {
  rejectUnusedOptions(args);
  const { units: listed, notes } = isUrl(args.source)
    ? await askNetbox(args, io)
    : IMPORTERS[args.format](
        await readList(args.source, io),
        args.group === undefined ? {} : { group: args.group },
      );
  // If not all notes are shown, those come first that decide the exit code.
  const urgent = (note: ImportNote): number => (note.kind === 'left-out' ? 0 : 1);
  const sorted = notes.length > MAX_NOTES ? [...notes].sort((a, b) => urgent(a) - urgent(b)) : notes;
  for (const { place, message } of sorted.slice(0, MAX_NOTES)) io.info(`${place}: ${message}\n`);
  if (notes.length > MAX_NOTES) io.info(`and ${notes.length - MAX_NOTES} more notes; --json has all.\n`);
  if (listed.length === 0) throw nothingImported();
  const before = args.write === undefined ? null : await readInventoryText(args.write);
  const assumed = before === null && listed.every(({ snmp }) => snmp === null);
  const units = assumed ? listed.map((unit): ListedUnit => ({ ...unit, snmp: DEFAULT_SNMP })) : listed;
  const { text, changes, unchanged } = await mergeListed(before, args.write ?? 'the new inventory', units, {
    site: args.site,
    ...(assumed ? { heading: headingOf(args) } : {}),
  });
  for (const { kind, site, name, message } of changes) {
    const label = kind === 'conflict' || kind === 'left-out' ? `${kind}: ` : '';
    io.info(`${site}/${name}: ${label}${sanitize(message, 400)}\n`);
  }
  if (text === '') throw nothingImported();
  if (args.write !== undefined && text !== before) await writeInventoryFile(args.write, text, before);
  if (args.json) {
    const schema = 'upsfw/import@1';
    io.out(jsonText({ schema, generatedAt: io.clock.now().toISOString(), units, changes, notes }));
  } else if (args.write === undefined) io.out(text);
  const done = text === before ? `nothing to change in ${args.write}` : `written to ${args.write}`;
  const imported =
    unchanged + changes.filter(({ kind }) => kind !== 'conflict' && kind !== 'left-out').length;
  const noted = (kind: NoteKind): number => notes.filter((note) => note.kind === kind).length;
  const leftOut = units.length - imported + noted('left-out');
  // An entry may be imported and still contradict another one.
  const conflicts = changes.filter(({ kind }) => kind === 'conflict').length - (units.length - imported);
  const parts = [
    ...(leftOut === 0 ? [] : [`${leftOut} of the list left out`]),
    ...(conflicts <= 0 ? [] : [counted(conflicts, 'conflict')]),
    ...(noted('not-needed') === 0 ? [] : [`${noted('not-needed')} not needed`]),
  ];
  io.info(
    `${counted(imported, 'unit')}${parts.length === 0 ? '' : ` (${parts.join(', ')})`}, ${counted(notes.length, 'note')}${args.write === undefined ? '' : `; ${done}`}.\n`,
  );
  if (assumed) io.info(`${ASSUMED}\n`);
  return exitOfMerge([...notes, ...changes]);
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function nothingImported(): Problem {
  return new Problem('config/import', 'The list has no unit that can be imported.', {
    hint: 'See the messages above. If the list is empty, check the export.',
  });
}

const MAX_NOTES = 100;

const ASSUMED =
  'The list has no credentials: the inventory uses SNMPv2c with the community in UPS_READ for all units. Change it to what your cards accept.';

function headingOf({ format }: ImportArgs): readonly string[] {
  return [
    `Imported from a list (${format}). The cards are read over SNMPv2c with the community in the variable UPS_READ.`,
    'Add SNMPv3 users and logins here if your cards have them; inventory.example.yaml shows every key.',
  ];
}

/** An option without effect is a mistake. Throws Problem config/usage. */
function rejectUnusedOptions(args: ImportArgs): void {
  const address = isUrl(args.source);
  if (address && args.format !== 'netbox') {
    throw usage(`Only netbox can be read from a URL; ${args.format} is read from a file or from -.`);
  }
  if (!address && (args.token !== undefined || args.plaintext)) {
    throw usage('--token and --plaintext need a NetBox URL.');
  }
  if (args.group !== undefined && args.format !== 'ansible')
    throw usage('--group can be used only with ansible.');
}

function usage(message: string): Problem {
  return new Problem('config/usage', message, { hint: 'See upsfw import --help.' });
}

function isUrl(source: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(source);
}

async function askNetbox(args: ImportArgs, io: Io): Promise<Imported> {
  const secrets = createSecretResolver({ ...io, folder: resolve('.') });
  const token = args.token === undefined ? null : await secrets.resolve(args.token, 'Token of NetBox');
  const stop = new AbortController();
  const release = io.onInterrupt(() => stop.abort());
  try {
    return await fetchNetbox({
      url: args.source,
      token,
      plaintext: args.plaintext,
      signal: stop.signal,
      progress: (page) => {
        if (page > 1) io.info(`page ${page}\n`);
      },
    });
  } catch (thrown) {
    if (stop.signal.aborted) throw interrupted('Stopped. Nothing was imported.');
    throw thrown;
  } finally {
    release();
  }
}
